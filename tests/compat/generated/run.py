# SPDX-License-Identifier: BSD-2-Clause
#
# Random service sections, many to a file, to the real xinetd and to usherd under its name; state dump
# against state dump, sockets against sockets, diagnostics by severity and line. A difference that no
# row of usherd.conf(5), COMPATIBILITY, explains is cut to the least text that still differs so, and
# shown. Run by scripts/compat.sh --generated.

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(HERE))
sys.path.append(str(REPOSITORY / "tests" / "integration" / "harness"))
import listed  # noqa: E402
import minimise  # noqa: E402
import observation  # noqa: E402
import programs  # noqa: E402
import reading  # noqa: E402
import sections  # noqa: E402

KINDS = ("xinetd", "usherd-as-xinetd")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/compat.sh --generated", description=__doc__)
    parser.add_argument("--sections", type=int, default=20000, metavar="N")
    parser.add_argument("--size", type=int, default=40, metavar="N", help="sections in a file")
    parser.add_argument("--seed", default="1", help="another seed, other sections")
    parser.add_argument("--file", type=int, metavar="N", help="this file of the seed alone, and show it")
    parser.add_argument("--seconds", type=float, metavar="N", help="begin no file after so long")
    parser.add_argument("--show", type=int, default=20, metavar="N",
                        help="so many disagreements are cut down and shown")
    parser.add_argument("--listed", action="store_true", help="show one difference of each row")
    return parser.parse_args()


class Pair:
    """Both daemons' worlds; compare() gives the differences of a file."""

    def __init__(self):
        command = [sys.executable, "-B", str(HERE / "world.py")]
        self.worlds = [subprocess.Popen([*command, kind], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE) for kind in KINDS]

    def observe(self, text):
        for world in self.worlds:
            world.stdin.write(json.dumps(text) + "\n")
            world.stdin.flush()
        return [json.loads(world.stdout.readline() or '{"error": "the world ended"}')
                for world in self.worlds]

    def compare(self, file):
        """(what both showed, [Difference])."""
        seen = self.observe(file.text())
        errors = [f"{kind}: {found['error']}" for kind, found in zip(KINDS, seen) if "error" in found]
        if errors:
            return seen, [observation.Difference("error", "error", None, errors, [])]
        file.told = observation.told(seen[1]["log"], file)
        return seen, observation.differences(*seen, file)

    def close(self):
        for world in self.worlds:
            world.stdin.close()
            world.wait()


def unlisted(file, differences):
    """({section: [Difference]} that no row explains, counts of rows, {row: Difference})."""
    groups = collections.defaultdict(list)
    for difference in differences:
        groups[difference.section].append(difference)
    left, rows = {}, collections.defaultdict(list)
    for section, group in groups.items():
        found = {}
        for difference in group:
            row = listed.row_of(file, difference, group)
            if row is None:
                left.setdefault(section, []).append(difference)
            else:
                found.setdefault(row, difference)
        for row, difference in found.items():
            rows[row].append((section, difference))
    return left, rows


def signature(group):
    """What disagreements of one kind have in common: what differs, and the attributes named."""
    words = set()
    for difference in group:
        for text in difference.old + difference.new:
            words |= set(re.findall(r"^(\w+):", text))
    return frozenset((difference.aspect, difference.what) for difference in group), frozenset(words)


def show(number, section, group, file):
    if group[0].aspect == "error":
        print(f"\nNOT COMPARED: file {number}: {group[0].old}")
        return
    print(f"\nNOT LISTED: file {number}, section {section}")
    for difference in group:
        print(f"    {difference.aspect}: {difference.what}\n        xinetd: {difference.old}\n"
              f"        usherd: {difference.new}")
    for line in file.text().rstrip("\n").split("\n"):
        print("    |", repr(line)[1:-1].replace("\\t", "    "))


class Report:
    def __init__(self):
        self.counts = collections.Counter()
        self.rows = collections.Counter()
        self.examples = {}
        self.disagreements = {}  # signature -> [(file number, section, group, reading)]

    def take(self, number, file, seen, differences):
        left, rows = unlisted(file, differences)
        self.counts["files"] += 1
        self.counts["sections"] += len(file.sections)
        for kind, found in zip(KINDS, seen):
            self.counts[f"services of {kind}"] += len(observation.blocks(found.get("dump", ""))[1])
            self.counts[f"diagnostics of {kind}"] += len(observation.diagnostics(found.get("log", "")))
        for row, found in rows.items():
            self.rows[row] += len(found)
            self.examples.setdefault(row, (number, found[0], file))
        self.counts["sections that differ"] += len({section for found in rows.values() for section, _ in found}
                                                   | set(left))
        self.counts["sections not listed"] += len(left)
        for section, group in left.items():
            self.disagreements.setdefault(signature(group), []).append((number, section, group, file))

    def finish(self, pair, arguments):
        if arguments.listed:
            for row, (number, (section, difference), file) in sorted(self.examples.items()):
                text = "\n".join(file.section(section).lines) if file.section(section) else ""
                print(f"{row}: file {number}: {difference}\n{text}\n")
        found = sorted(self.disagreements.values(), key=len, reverse=True)
        for occurrences in found[:arguments.show]:
            number, section, group, file = min(occurrences, key=lambda one: len(one[2]))
            least, group = minimise.least(pair, file, section, group, unlisted, signature)
            show(number, section, group, least)
            print(f"    ({len(occurrences)} like it)")
        print("\n" + ", ".join(f"{count} {name}" for name, count in self.counts.items()))
        print("listed: " + (", ".join(f"{row} {count}" for row, count in sorted(self.rows.items())) or "none"))
        print(f"{len(found)} kinds of disagreement that are not listed")
        return 1 if found else 0


def main():
    arguments = parse_arguments()
    if programs.usherd_directory() is None:
        sys.exit("compat: usherd is not built; set USHERD_BIN_DIR")
    os.environ["USHERD_XINETD_ROOT"] = str(programs.oracle_directory())
    pair = Pair()
    report = Report()
    started = time.monotonic()
    numbers = [arguments.file] if arguments.file is not None else range(10 ** 9)
    for number in numbers:
        if report.counts["sections"] >= arguments.sections or \
                arguments.seconds and time.monotonic() - started > arguments.seconds:
            break
        file = reading.Reading(sections.File(arguments.seed, number, arguments.size).sections)
        if arguments.file is not None:
            print(file.text())
        report.take(number, file, *pair.compare(file))
    wrong = report.finish(pair, arguments)
    pair.close()
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
