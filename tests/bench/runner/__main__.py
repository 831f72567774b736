# SPDX-License-Identifier: BSD-2-Clause
"""Runs the bench inside the namespaces that scripts/bench.sh has made."""
import argparse
import json
import os
import platform
import shlex
import sys
import tempfile
import time
from pathlib import Path

from . import report
from .measure import Places, run_rounds
from .peers import Site, Usherd, all_peers
from .rows import ROWS, SCENARIOS


def parse_arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/bench.sh")
    parser.add_argument("--rounds", type=int, help="rounds; medians are taken over them (5)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of a fifth of the size")
    parser.add_argument("--only", metavar="PEER,…", help="these servers only")
    parser.add_argument("--row", metavar="NAME,…", help="these rows only")
    parser.add_argument("--list", action="store_true", help="names of rows and servers")
    parser.add_argument(
        "--variant", metavar="NAME=COMMAND", action="append", default=[],
        help="another usherd beside it: a build, or options",
    )  # fmt: skip
    parser.add_argument(
        "--realtime", action="store_true",
        help="everything under SCHED_RR: for a machine on which others work too",
    )  # fmt: skip
    parser.add_argument("--no-download", action="store_true", help="only peers that are here")
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 4),
                        help="threads of the parallel floor")  # fmt: skip
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def chosen(names, things, what):
    """Those of `things` that are named, all if none is; an unknown name ends the program."""
    if not names:
        return list(things)
    wanted = names.split(",")
    known = {thing.name: thing for thing in things}
    for name in wanted:
        if name not in known:
            sys.exit(f"bench: no {what} {name}; known: {' '.join(known)}")
    return [thing for thing in things if thing.name in wanted]


def machine():
    cpu = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    return {"cpus": os.cpu_count(), "cpu": cpu, "kernel": platform.release()}


def version_of(peer, output):
    """Of the unpacked package."""
    path = output / "peers" / (peer.package or "-") / "VERSION"
    return path.read_text().strip() if path.exists() else None


def say(text):
    print(text, file=sys.stderr, flush=True)


def collect(arguments, peers, rows):
    """Measures and summarizes."""
    scenarios = [s for s in SCENARIOS if any(row.scenario == s.name for row in rows)]
    rounds = arguments.rounds or (3 if arguments.quick else 5)
    share = 0.2 if arguments.quick else 1.0
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with tempfile.TemporaryDirectory(prefix="usherd-bench-") as scratch:
        os.chmod(scratch, 0o755)
        places = Places(arguments.programs, arguments.output / "peers", Path(scratch),
                        arguments.workers)  # fmt: skip
        site = Site(places.programs, places.unpacked, Path(scratch), 0, places.workers)
        absent = {peer.name: why for peer in peers if (why := peer.missing(site))}
        for name, why in absent.items():
            say(f"not measured: {name}: {why}")
        present = [peer for peer in peers if peer.name not in absent]
        measurements, failures = run_rounds(places, present, scenarios, rounds, share, say)
    kinds = {peer.name: peer.kind for peer in present}
    return {
        "when": started,
        "machine": machine(),
        "size": {"rounds": rounds, "share": share, "floor_threads": arguments.workers},
        "scheduler": "SCHED_RR" if arguments.realtime else "the system's",
        "kinds": kinds,
        "notes": {peer.name: peer.note for peer in present},
        "versions": {peer.name: version_of(peer, arguments.output) for peer in present},
        "rows": [report.summarize_row(row, measurements, kinds) for row in rows],
        "left_out": [f"{name}: {why}" for name, why in absent.items()] + failures,
    }


def main():
    arguments = parse_arguments(sys.argv[1:])
    peers = all_peers()
    for text in arguments.variant:
        name, _, command = text.partition("=")
        peers.insert(1, Usherd(name, shlex.split(command), command))
    if arguments.list:
        print("rows:", *(row.name for row in ROWS))
        print("servers:", *(peer.name for peer in peers))
        return 0
    if arguments.realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    peers = chosen(arguments.only, peers, "server")
    rows = chosen(arguments.row, ROWS, "row")
    results = collect(arguments, peers, rows)
    arguments.output.mkdir(parents=True, exist_ok=True)
    text = report.markdown(results)
    (arguments.output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (arguments.output / "results.md").write_text(text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
