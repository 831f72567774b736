# SPDX-License-Identifier: BSD-2-Clause
"""Runs the bench inside the namespaces that scripts/bench.sh has made."""
import argparse
import json
import os
import platform
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import publish, report, scale
from .measure import Places, Rounds
from .peer import Site
from .peers import Usherd, all_peers
from .rows import ROWS, SCENARIOS

TOP = Path(__file__).resolve().parents[3]


def parse_arguments(words):
    parser = argparse.ArgumentParser(prog="scripts/bench.sh")
    parser.add_argument("--rounds", type=int, help="rounds; medians are taken over them (5)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of a fifth of the size")
    parser.add_argument("--share", type=float, help="this part of the full size")
    parser.add_argument("--minutes", type=float, help="begin no round that would end later")
    parser.add_argument("--only", metavar="PEER,…", help="these servers only")
    parser.add_argument("--row", metavar="NAME,…", help="these rows (--scale: plots) only")
    parser.add_argument("--list", action="store_true", help="names of rows, plots and servers")
    parser.add_argument("--scale", action="store_true", help="cost against scale: plots, no table")
    parser.add_argument(
        "--readme", action="store_true",
        help="also put what came out into README.md and tests/bench",
    )  # fmt: skip
    parser.add_argument("--again", action="store_true", help="measure nothing, tell the last run again")
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


def present(peers, places):
    """@return the peers that are here, {name: why not} of the others"""
    site = Site(places.programs, places.unpacked, places.scratch, 0, places.workers)
    absent = {peer.name: why for peer in peers if (why := peer.missing(site))}
    for name, why in absent.items():
        say(f"not measured: {name}: {why}")
    return [peer for peer in peers if peer.name not in absent], absent


class Interrupted(Exception):
    """By a signal."""


def _interrupt(number, _):
    raise Interrupted(signal.Signals(number).name)


class Bench:
    """One run, and what it comes to, at any time."""

    def __init__(self, arguments, places, peers):
        self.arguments = arguments
        self.when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        self.rounds = arguments.rounds or (3 if arguments.quick else 5)
        self.share = arguments.share or (0.2 if arguments.quick else 1.0)
        self.places = places
        self.peers, self.absent = present(peers, places)

    def facts(self, done, failures):
        """What table and plots have in common."""
        return {
            "when": self.when,
            "machine": machine(),
            "size": {"rounds": done, "share": self.share, "floor_threads": self.arguments.workers},
            "scheduler": "SCHED_RR" if self.arguments.realtime else "the system's",
            "kinds": {peer.name: peer.kind for peer in self.peers},
            "notes": {peer.name: peer.note for peer in self.peers},
            "versions": {peer.name: version_of(peer, self.arguments.output) for peer in self.peers},
            "left_out": [f"{name}: {why}" for name, why in self.absent.items()] + failures,
        }

    def run(self, rounds, results_of, path):
        """`rounds` until they are done, the time is over or a signal comes. The results are written
        after each round, and at the end whatever it is."""
        try:
            rounds.run(self.rounds, self.arguments.minutes,
                       lambda: write(path, results_of(rounds)))  # fmt: skip
        except (Interrupted, KeyboardInterrupt) as why:
            rounds.failures.append(f"ended early, in round {rounds.complete + 1}: {why}")
        results = results_of(rounds)
        write(path, results)
        return results

    def table(self, rows):
        scenarios = [s for s in SCENARIOS if any(row.scenario == s.name for row in rows)]
        kinds = {peer.name: peer.kind for peer in self.peers}

        def results_of(rounds):
            facts = self.facts(rounds.complete, rounds.failures + report.unable(rounds, kinds))
            return facts | {
                "rows": [report.summarize_row(row, rounds.measurements, kinds) for row in rows],
                "samples": [vars(one) for one in rounds.measurements],
            }

        rounds = Rounds(self.places, self.peers, scenarios, self.share, say)
        return self.run(rounds, results_of, self.arguments.output / "results.json")

    def plots(self, plots):
        def results_of(rounds):
            facts = self.facts(rounds.complete, rounds.failures)
            return facts | {"plots": [scale.summarize(plot, rounds.points) for plot in plots]}

        peers = [peer for peer in self.peers if self.arguments.only or peer.name in scale.PEERS]
        rounds = scale.Rounds(self.places, peers, plots, self.share, say)
        return self.run(rounds, results_of, self.arguments.output / "scale.json")


def write(path, results):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=1, default=str) + "\n")
    partial.replace(path)


def measured(arguments, peers, rows, plots):
    if arguments.again:
        name = "scale.json" if arguments.scale else "results.json"
        return json.loads((arguments.output / name).read_text())
    signal.signal(signal.SIGTERM, _interrupt)
    with tempfile.TemporaryDirectory(prefix="usherd-bench-") as scratch:
        os.chmod(scratch, 0o755)
        places = Places(arguments.programs, arguments.output / "peers", Path(scratch),
                        arguments.workers)  # fmt: skip
        bench = Bench(arguments, places, peers)
        return bench.plots(plots) if arguments.scale else bench.table(rows)


def tell_table(arguments, results):
    text = report.markdown(results)
    (arguments.output / "results.md").write_text(text)
    if arguments.readme:
        short = report.conditions(results) + "\n\n" + report.short_table(results)
        publish.publish(TOP / "README.md", "numbers", short)
        publish.publish(TOP / "tests/bench/README.md", "last run", text)
    return text


def tell_plots(arguments, results):
    text = scale.markdown(results)
    (arguments.output / "scale.md").write_text(text)
    directories = [arguments.output]
    if arguments.readme:
        publish.publish(TOP / "tests/bench/README.md", "scale", text)
        directories.append(TOP / "tests/bench/plots")
    for directory in directories:
        directory.mkdir(exist_ok=True)
        for plot in results["plots"]:
            (directory / f"{plot['name']}.svg").write_text(scale.svg(plot))
    return text


def main():
    arguments = parse_arguments(sys.argv[1:])
    peers = all_peers()
    for text in arguments.variant:
        name, _, command = text.partition("=")
        peers.insert(1, Usherd(name, shlex.split(command), command))
    if arguments.list:
        print("rows:", *(row.name for row in ROWS))
        print("plots:", *(plot.name for plot in scale.PLOTS))
        print("servers:", *(peer.name for peer in peers))
        return 0
    if arguments.realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    peers = chosen(arguments.only, peers, "server")
    rows = [] if arguments.scale else chosen(arguments.row, ROWS, "row")
    plots = chosen(arguments.row, scale.PLOTS, "plot") if arguments.scale else []
    results = measured(arguments, peers, rows, plots)
    tell = tell_plots if arguments.scale else tell_table
    print(tell(arguments, results), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
