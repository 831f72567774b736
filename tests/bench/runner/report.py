# SPDX-License-Identifier: BSD-2-Clause
"""Measurements into medians, ratios and verdicts; those into Markdown and JSON. Pure."""
from dataclasses import asdict
from statistics import median

from .rows import HIGHER

def _dig(value, path):
    """None where there is no such thing."""
    for key in path:
        value = value.get(key) if value is not None else None
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
        usable = ours and theirs and theirs["median"]
        result[against] = ours["median"] / theirs["median"] if usable else None
    return result


def _is_held(row, hold, value):
    if value is None:
        return None
    return value >= hold.bound if row.better == HIGHER else value <= hold.bound


def _against(row, summary, hold, name):
    """What of server `name` is to be compared with the bound; None if it or the other lacks."""
    own = summary["peers"].get(name)
    if not hold.against:
        return own["median"] if own else None
    other = _reference(row, summary, hold.against)
    return own["median"] / other["median"] if own and other and other["median"] else None


def verdicts(row, summary):
    """What shall hold, and whether it does (None: cannot be said); and whether the floor, put in
    usherd's place, would hold it: where not, nobody can."""
    result = []
    for hold in row.hold:
        value = _against(row, summary, hold, "usherd")
        floor = None if hold.against == "floor" else _against(row, summary, hold, row.floor)
        result.append({"hold": hold.text(row.better), "value": value,
                       "met": _is_held(row, hold, value),
                       "met by the floor": _is_held(row, hold, floor)})  # fmt: skip
    return result


def _number(value):
    """Three digits at least, and no more behind the point than tell something."""
    if value is None:
        return "—"
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, lines):
    return "\n".join([_line(head), _line(["---"] + ["---:"] * (len(head) - 1)), *map(_line, lines)])


def _verdict_text(verdict):
    answer = {True: "yes", False: "**no**", None: "—"}[verdict["met"]]
    if verdict["met"] is False and verdict.get("met by the floor") is False:
        answer += " (nor the floor)"
    return f"{verdict['hold']}: {answer}"


def titled(row):
    return f"{row['title']} [{row['unit']}]" if row["unit"] else row["title"]


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
                titled(row),
                cell("usherd"), cell("xinetd"), cell(best, best), cell(row["floor"], row["floor"]),
                *(_number(row["ratios"][key]) for key in ("xinetd", "best peer", "floor")),
                "; ".join(map(_verdict_text, row["verdicts"])),
            ]
        )  # fmt: skip
    head = ["row", "usherd", "xinetd", "best peer", "floor", "÷ xinetd", "÷ best", "÷ floor", "hold"]
    return table(head, lines)


def detail_table(rows, kinds):
    """Medians with the least and the most of all rounds: one line for each row, a column for each
    server that has one."""

    def cell(row, name):
        peer = row["peers"].get(name)
        if peer is None:
            return "—"
        text = f"{_number(peer['median'])} ({_number(peer['least'])}–{_number(peer['most'])})"
        if peer["errors"]:
            text += f", {peer['errors']} of {peer['offered']} failed"
        return text

    shown = [name for name in kinds if any(name in row["peers"] for row in rows)]
    head = ["row"] + shown
    lines = [[f"{row['name']} [{row['unit']}]" if row["unit"] else row["name"],
              *(cell(row, name) for name in shown)] for row in rows]  # fmt: skip
    return table(head, lines)


def unable(rounds, kinds):
    """Lines: what servers are not made for."""
    lines = []
    for name, kind in kinds.items():
        lacks = [s.name for s in rounds.scenarios if (s.name, name) in rounds.unable]
        if lacks and kind != "floor":
            lines.append(f"{name} has no {', '.join(lacks)}")
    return lines


def conditions(results):
    """One sentence: on what, how often."""
    machine, size = results["machine"], results["size"]
    share = "" if size["share"] == 1 else f" of {size['share']:g} of the full size"
    return (
        f"{machine['cpus']} CPUs ({machine['cpu']}), Linux {machine['kernel']}, {results['when']}; "
        f"medians of {size['rounds']} rounds{share}, interleaved, each server started anew for each; "
        f"usherd-load, the servers and their handlers share the machine (scheduler: "
        f"{results['scheduler']})."
    )


def full_report(results):
    """Everything below the first table."""
    rows, kinds = results["rows"], results["kinds"]
    peers = {name: kind for name, kind in kinds.items() if kind != "floor"}
    floors = {name: kind for name, kind in kinds.items() if kind == "floor"}
    with_floor = [row for row in rows if any(name in row["peers"] for name in floors)]
    parts = [
        summary_table(rows),
        "Medians (least–most of the rounds):",
        detail_table(rows, peers),
        detail_table(with_floor, floors) if with_floor else "",
        "\n".join(f"- **{row['name']}**: {row['title']}: {row['how']}." for row in rows),
        "\n".join(
            "- " + " ".join(filter(None, (name, results["versions"].get(name), note)))
            for name, note in results["notes"].items()
        ),
        "\n".join(f"- not measured: {line}" for line in results["left_out"]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def markdown(results):
    return conditions(results) + "\n\n" + full_report(results)


def short_table(results):
    """For those who want to know what it comes to: usherd, xinetd, the best other, the floor."""
    lines = []
    for row in results["rows"]:
        peers, best = row["peers"], row["best peer"]

        def cell(name, label="", row=row, peers=peers):
            if name not in peers:
                return "—"
            text = with_unit(peers[name]["median"], row["unit"])
            return f"{text} ({label})" if label else text

        best_cell = cell(best, best) if best != "xinetd" else "xinetd"
        lines.append([row["title"], cell("usherd"), cell("xinetd"), best_cell, cell(row["floor"]),
                      "; ".join(map(_verdict_text, row["verdicts"])) or "—"])  # fmt: skip
    return table(["row", "usherd", "xinetd", "best other", "floor", "to hold: held"], lines)


def with_unit(value, unit):
    """As people write it."""
    if unit == "µs" and value >= 1000:
        value, unit = value / 1000, "ms"
    elif unit == "s" and value < 0.1:
        value, unit = value * 1000, "ms"
    elif unit == "bytes" and value >= 10000:
        value, unit = value / 1000, "kB"
    text = _number(value)
    return text if unit in ("1/s", "") else f"{text} {unit}"
