# SPDX-License-Identifier: BSD-2-Clause
#
# The same clients against xinetd and against usherd under its name: runs every case on both, each in
# namespaces of its own, and compares. Run by scripts/compat.sh --behaviour.

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(HERE))
sys.path.append(str(REPOSITORY / "tests" / "integration" / "harness"))
import cases  # noqa: E402
import model  # noqa: E402
import programs  # noqa: E402
import rows  # noqa: E402
import table  # noqa: E402

XINETD = "xinetd"
LINKED = "usherd-as-xinetd"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/compat.sh --behaviour", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="cases whose name or items hold TEXT")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every N'th case")
    parser.add_argument("--sample", action="store_true",
                        help="every third case, unless COMPAT_FULL=1 is in the environment")
    parser.add_argument("--jobs", type=int, default=2, metavar="N",
                        help="so many pairs of daemons at once (default 2)")
    parser.add_argument("--show", action="store_true", help="print what was seen of every case")
    parser.add_argument("--oracle", action="store_true", help="run xinetd alone, and show")
    parser.add_argument("--table", action="store_true",
                        help="write the table of README.md anew and run nothing")
    parser.add_argument("--check-table", action="store_true",
                        help="fail if the table of README.md is out of date, and run nothing")
    parser.add_argument("--quiet", action="store_true", help="do not show listed differences")
    arguments = parser.parse_args()
    if arguments.sample and os.environ.get("COMPAT_FULL") != "1":
        arguments.every = 3
    return arguments


def run_worlds(kinds, jobs, arguments):
    """{(kind, case name): what was found}; one process for each kind and share."""
    found = {}
    failures = []

    def run(kind, share):
        command = [sys.executable, "-B", str(HERE / "world.py"), kind, str(share), str(jobs),
                   arguments.only, str(arguments.every)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        for line in done.stdout.splitlines():
            result = json.loads(line)
            found[kind, result["case"]] = result["found"]
        if done.returncode:
            failures.append(f"{kind}, share {share}: status {done.returncode}")

    threads = [threading.Thread(target=run, args=(kind, share))
               for kind in kinds for share in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit("compat: " + "; ".join(failures))
    return found


def compare(case, old, new):
    """([(aspect, row or "")] that differ as listed, [text] that is wrong)."""
    listed, wrong = [], []
    for kind, result in ((XINETD, old), (LINKED, new)):
        if result is None or "error" in result:
            wrong.append(f"{kind}: {(result or {}).get('error', 'did not run')}")
    if wrong:
        return listed, wrong
    differs = dict(case.differs)
    for aspect in model.ASPECTS:
        row = differs.get(aspect)
        if old[aspect] == new[aspect]:
            if row:
                wrong.append(f"{aspect} is listed ({row}) and agrees")
        elif not row:
            wrong.append(f"{aspect} differs:\n" + shown(old[aspect], new[aspect]))
        else:
            meant = rows.expected(aspect, row, old[aspect])
            if meant is not None and case.unordered:
                meant = sorted(meant)
            if meant is not None and meant != new[aspect]:
                wrong.append(f"{aspect} differs otherwise than {row} says:\n"
                             + shown(meant, new[aspect]))
            listed.append((aspect, row))
    return listed, wrong


def shown(old, new):
    """Both values, one under the other; of equal structures only what differs."""
    if isinstance(old, dict) and isinstance(new, dict) and set(old) == set(new):
        return "\n".join(shown(old[name], new[name]).replace("        ", f"        {name}: ", 1)
                         for name in old if old[name] != new[name])
    return f"        xinetd: {json.dumps(old)}\n        usherd: {json.dumps(new)}"


def report(chosen, found, arguments):
    """Prints each difference and the counts; the number of cases that are wrong."""
    counts = collections.Counter()
    for case in chosen:
        old, new = found.get((XINETD, case.name)), found.get((LINKED, case.name))
        listed, wrong = compare(case, old, new)
        counts["wrong" if wrong else "listed" if listed else "same"] += 1
        if listed and not wrong and not arguments.quiet:
            print(f"listed\t{case.name}\t" + ", ".join(f"{aspect}: {row}" for aspect, row in listed))
        if arguments.show:
            print(json.dumps({case.name: [old, new]}, indent=1))
        for text in wrong:
            print(f"WRONG\t{case.name}\n    {text}")
    print(f"behaviour: {len(chosen)} cases, {counts['same']} same, {counts['listed']} listed, "
          f"{counts['wrong']} wrong")
    return counts["wrong"]


def main():
    arguments = parse_arguments()
    if arguments.table or arguments.check_table:
        return table.write(REPOSITORY) if arguments.table else table.check(REPOSITORY)
    if not arguments.oracle and programs.usherd_directory() is None:
        sys.exit("compat: usherd is not built; set USHERD_BIN_DIR")
    chosen = cases.select(arguments.only, arguments.every)
    started = time.monotonic()
    kinds = (XINETD,) if arguments.oracle else (XINETD, LINKED)
    found = run_worlds(kinds, arguments.jobs, arguments)
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    if arguments.oracle:
        for case in chosen:
            print(json.dumps({case.name: found.get((XINETD, case.name))}, indent=1))
        return 0
    slow = sorted(found.items(), key=lambda item: -item[1]["seconds"])[:8]
    print("slowest: " + "; ".join(f"{re.sub('usherd-as-', 'as ', kind)} {name} {result['seconds']}"
                                  for (kind, name), result in slow), file=sys.stderr)
    return 1 if report(chosen, found, arguments) else 0


if __name__ == "__main__":
    sys.exit(main())
