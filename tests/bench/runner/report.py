# SPDX-License-Identifier: BSD-2-Clause
"""Measurements into medians, ratios and verdicts; those into Markdown and JSON. Pure."""
from dataclasses import asdict
from statistics import median


def _dig(value, path):
    for key in path:
        value = value[key]
    return value


def summarize_row(row, measurements, kinds):
    """One row: {peer: {median, least, most, samples, errors}}, then ratios and verdicts.
    @param kinds {peer: usherd | peer | floor}"""
    peers = {}
    for name in kinds:
        mine = [m for m in measurements if m.scenario == row.scenario and m.peer == name]
        samples = [v for m in mine if (v := _dig(m.result, row.value)) is not None]
        if not samples:
            continue
        peers[name] = {
            "median": median(samples),
            "least": min(samples),
            "most": max(samples),
            "samples": samples,
            "errors": sum(sum(m.result["errors"].values()) for m in mine),
            "offered": sum(m.result["offered"] for m in mine),
        }
    summary = asdict(row) | {"peers": peers, "best peer": best_peer(row, peers, kinds)}
    summary["ratios"] = ratios(row, summary)
    summary["verdicts"] = verdicts(row, summary)
    return summary


def best_peer(row, peers, kinds):
    """Name of the best of the others, floors left out; None if there is none."""
    others = [name for name in peers if kinds[name] == "peer"]
    pick = max if row.better == "higher" else min
    return pick(others, key=lambda name: peers[name]["median"], default=None)


def _reference(row, summary, against):
    name = {"best peer": summary["best peer"], "floor": row.floor}.get(against, against)
    return summary["peers"].get(name)


def ratios(row, summary):
    """usherd's median over that of xinetd, of the best peer, of the floor; None where one lacks."""
    ours = summary["peers"].get("usherd")
    result = {}
    for against in ("xinetd", "best peer", "floor"):
        theirs = _reference(row, summary, against)
        result[against] = ours["median"] / theirs["median"] if ours and theirs else None
    return result


def verdicts(row, summary):
    """What shall hold, and whether it does (None: cannot be said)."""
    ours = summary["peers"].get("usherd")
    result = []
    for hold in row.hold:
        value = summary["ratios"].get(hold.against)
        if not hold.against:
            value = ours["median"] if ours else None
        met = None
        if value is not None:
            met = value >= hold.bound if row.better == "higher" else value <= hold.bound
        result.append({"hold": hold.text(row.better), "value": value, "met": met})
    return result


def _number(value):
    if value is None:
        return "—"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _table(head, lines):
    return "\n".join([_line(head), _line(["---"] + ["---:"] * (len(head) - 1)), *map(_line, lines)])


def _verdict_text(verdict):
    return f"{verdict['hold']}: " + {True: "yes", False: "**no**", None: "—"}[verdict["met"]]


def summary_table(rows):
    """usherd against xinetd, the best peer and the floor: one line for each row."""
    lines = []
    for row in rows:
        peers, best = row["peers"], row["best peer"]

        def cell(name, label=""):
            if name not in peers:
                return "—"
            return _number(peers[name]["median"]) + (f" ({label})" if label else "")

        lines.append(
            [
                f"{row['title']} [{row['unit']}]",
                cell("usherd"), cell("xinetd"), cell(best, best), cell(row["floor"], row["floor"]),
                *(_number(row["ratios"][key]) for key in ("xinetd", "best peer", "floor")),
                "; ".join(map(_verdict_text, row["verdicts"])),
            ]
        )  # fmt: skip
    head = ["row", "usherd", "xinetd", "best peer", "floor", "÷ xinetd", "÷ best", "÷ floor", "hold"]
    return _table(head, lines)


def detail_table(rows, kinds):
    """Medians with the least and the most of all rounds: one line for each server."""

    def cell(row, name):
        peer = row["peers"].get(name)
        if peer is None:
            return "—"
        text = f"{_number(peer['median'])} ({_number(peer['least'])}–{_number(peer['most'])})"
        if peer["errors"]:
            text += f", {peer['errors']} of {peer['offered']} failed"
        return text

    shown = [name for name in kinds if any(name in row["peers"] for row in rows)]
    head = ["server"] + [f"{row['name']} [{row['unit']}]" for row in rows]
    return _table(head, [[name, *(cell(row, name) for row in rows)] for name in shown])


def markdown(results):
    rows, kinds = results["rows"], results["kinds"]
    machine, size = results["machine"], results["size"]
    parts = [
        f"{machine['cpus']} CPUs ({machine['cpu']}), Linux {machine['kernel']}; medians of "
        f"{size['rounds']} rounds, interleaved, each server started anew for each; "
        f"usherd-load, the servers and their handlers share the machine (scheduler: "
        f"{results['scheduler']}).",
        summary_table(rows),
        "Medians (least–most of the rounds):",
        detail_table(rows, kinds),
        "\n".join(f"- **{row['name']}**: {row['title']}: {row['how']}." for row in rows),
        "\n".join(
            "- " + " ".join(filter(None, (name, results["versions"].get(name), note)))
            for name, note in results["notes"].items()
        ),
    ]
    if results["left_out"]:
        parts.append("\n".join(f"- not measured: {line}" for line in results["left_out"]))
    return "\n\n".join(parts) + "\n"
