# SPDX-License-Identifier: BSD-2-Clause
#
# usherd against what the real xinetd made of the files of a corpus. The corpus brings its own runner
# (run-oracle: one file in private namespaces, with or without stand-ins for what the file names)
# and the recorded results; here they are compared. Run by scripts/compat.sh.

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "integration" / "harness"))
import programs  # noqa: E402

# What is compared, in the order of the report.
ASPECTS = ("exit", "services", "attributes", "defaults", "listeners", "diagnostics", "text")
SEVERITIES = ("ERROR", "WARNING", "CRITICAL")
# `bare`, the machine as it is, depends on what is installed: recorded results do not hold elsewhere.
SKIPPED = 77  # ctest's word for it, see CMakeLists.txt
WAYS = "stub,enabled"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/compat.sh", description=__doc__)
    parser.add_argument("--all", action="store_true",
                        help="every file; otherwise every --every'th")
    parser.add_argument("--every", type=int, default=7, metavar="N")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="files whose name holds TEXT, all of them")
    parser.add_argument("--kinds", default="xinetd.d,xinetd.conf,inetd.conf,derived/xinetd.d")
    parser.add_argument("--quiet", action="store_true", help="do not show listed differences")
    parser.add_argument("--keep", metavar="DIR", help="leave run-oracle's results there")
    parser.add_argument("--compare", metavar="DIR", help="run nothing: compare results kept there")
    return parser.parse_args()


def corpus_files(corpus, arguments):
    """{kind: [path]}; a file of the corpus is there for its recorded result."""
    chosen = {}
    for kind in arguments.kinds.split(","):
        found = sorted((corpus / kind).glob("*.conf"))
        if arguments.only:
            found = [path for path in found if arguments.only in f"{kind}/{path.name}"]
        elif not arguments.all:
            found = found[arguments.every // 2::arguments.every]
        if found:
            chosen[kind] = found
    return chosen


def result_file(results, kind, path):
    """Where run-oracle puts the result of `path`: derived/ has results of its own."""
    number = re.match(r"\d+", path.name)
    directory, _, below = kind.rpartition("/")
    return results / directory / below / f"{number.group() if number else path.name}.json"


def recorded(corpus, kind, path):
    directory, _, below = kind.rpartition("/")
    return result_file(corpus / directory / "oracle", below, path)


def program_for(binary):
    """A copy of usherd named xinetd that a private root made of / can see."""
    root = os.stat("/").st_dev
    for candidate in (REPOSITORY / "build", pathlib.Path("/var/tmp"), pathlib.Path("/root")):
        if candidate.is_dir() and os.stat(candidate).st_dev == root:
            directory = tempfile.mkdtemp(prefix="usherd-compat-", dir=candidate)
            return pathlib.Path(shutil.copy(binary, pathlib.Path(directory, "xinetd")))
    sys.exit("compat: no directory on the root file system to put the daemon in")


def run_all(corpus, files, binary, results):
    daemon = program_for(binary)
    environment = os.environ | {"XINETD_TREE": str(programs.oracle_directory())}
    try:
        for kind, paths in files.items():
            command = [str(corpus / "run-oracle"), "--daemon", str(daemon), "--debug-args", "",
                       "--ways", WAYS, "--max-wait", "20",
                       "--out", str(results / kind.rpartition("/")[0])]
            done = subprocess.run([sys.executable, *command, *map(str, paths)], env=environment,
                                  stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                print(done.stdout, end="")
                sys.exit(f"compat: run-oracle failed on files of {kind}")
    finally:
        shutil.rmtree(daemon.parent)


def services_of(way):
    found = {}
    for service in (way.get("dump") or {}).get("services") or []:
        configuration = service["config"] or {}
        found.setdefault((configuration.get("id"), service["name"]), configuration)
    return found


def diagnostics_of(way):
    return collections.Counter((entry["severity"], entry.get("line"), entry.get("attribute"))
                               for entry in way.get("diagnostics", [])
                               if entry["severity"] in SEVERITIES)


def configuration_text(way):
    """The dump from the defaults to the last service, without numbers that differ by nature."""
    text = way.get("dump_raw", "")
    start = text.find("Service defaults")
    end = text.find("Server table dump:")
    return re.sub(r"(?m)^\tservice fd = .*$", "\tservice fd = N", text[start:end])


def attribute_differences(old, new):
    for key in sorted(set(old) & set(new), key=str):
        for name in sorted(set(old[key]) | set(new[key])):
            if old[key].get(name) != new[key].get(name):
                yield f"{key[0]}: {name}: {old[key].get(name)!r} -> {new[key].get(name)!r}"


def compare_way(old, new):
    """{aspect: [what differs]} between what xinetd and what usherd did."""
    found = collections.defaultdict(list)
    if (old.get("alive"), old.get("exit_status")) != (new.get("alive"), new.get("exit_status")):
        found["exit"].append(f"alive {old.get('alive')}, status {old.get('exit_status')} -> "
                             f"{new.get('alive')}, {new.get('exit_status')}")
    old_services, new_services = services_of(old), services_of(new)
    missing = sorted(map(str, set(old_services) - set(new_services)))
    extra = sorted(map(str, set(new_services) - set(old_services)))
    if missing or extra:
        found["services"].append(f"missing {missing}, extra {extra}")
    found["attributes"] += attribute_differences(old_services, new_services)
    if (old.get("dump") or {}).get("defaults") != (new.get("dump") or {}).get("defaults"):
        found["defaults"].append(f"{(old.get('dump') or {}).get('defaults')} -> "
                                 f"{(new.get('dump') or {}).get('defaults')}")
    if old.get("listeners") != new.get("listeners"):
        found["listeners"].append(f"{old.get('listeners')} -> {new.get('listeners')}")
    lost, gained = (diagnostics_of(old) - diagnostics_of(new),
                    diagnostics_of(new) - diagnostics_of(old))
    if lost or gained:
        found["diagnostics"].append(f"missing {dict(lost)}, extra {dict(gained)}")
    found = {aspect: texts for aspect, texts in found.items() if texts}
    if not set(found) & {"services", "attributes", "defaults"} and \
            configuration_text(old) != configuration_text(new):
        found["text"] = ["the configuration part of the dump differs as text"]
    return found


def compare_file(old, new):
    """{aspect: [way: what differs]} over the ways that both have."""
    found = collections.defaultdict(list)
    for way in WAYS.split(","):
        if way in old.get("ways", {}):
            for aspect, texts in compare_way(old["ways"][way],
                                             new.get("ways", {}).get(way, {})).items():
                found[aspect] += [f"{way}: {text}" for text in texts]
    return found


def read_differences():
    """{file: (aspects, row)} of differences.tsv."""
    listed = {}
    for line in (HERE / "differences.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, aspects, row, _ = line.split("\t")
            listed[name] = (set(aspects.split(",")), row)
    return listed


class Report:
    """Counts, and what is wrong: a difference that is not listed, a listed one that is gone."""

    def __init__(self, listed, quiet):
        self.listed = listed
        self.quiet = quiet
        self.counts = collections.defaultdict(collections.Counter)
        self.wrong = []

    def take(self, kind, name, found):
        aspects, row = self.listed.get(name, (set(), ""))
        count = self.counts[kind]
        count["files"] += 1
        count["agree"] += not found
        count["listed"] += bool(found) and set(found) <= aspects
        for aspect in ASPECTS:
            count[aspect] += aspect not in found
        for aspect in ASPECTS:
            for text in found.get(aspect, []):
                if aspect not in aspects or not self.quiet:
                    print(f"{name}\t{aspect}\t{row if aspect in aspects else 'NOT LISTED'}\t{text}")
        self.wrong += [f"{name}: {aspect} differs and is not listed" for aspect in found
                       if aspect not in aspects]
        self.wrong += [f"{name}: {aspect} is listed ({row}) and agrees"
                       for aspect in sorted(aspects - set(found))]

    def show(self):
        print(f"\n{'files that agree':18}{'files':>7}" + "".join(f"{aspect:>13}" for aspect in ASPECTS)
              + f"{'all of it':>11}{'or listed':>11}")
        for kind, count in self.counts.items():
            print(f"{kind:18}{count['files']:7}"
                  + "".join(f"{count[aspect]:13}" for aspect in ASPECTS)
                  + f"{count['agree']:11}{count['agree'] + count['listed']:11}")
        if self.wrong:
            print(f"\n{len(self.wrong)} differences are not as differences.tsv has them:")
            for text in self.wrong:
                print("   ", text)


def main():
    arguments = parse_arguments()
    corpus = programs.corpus_directory()
    if corpus is None:
        print("compat: left out: no corpus beside the checkout; set USHERD_CORPUS")
        return SKIPPED
    files = corpus_files(corpus, arguments)
    results = pathlib.Path(arguments.compare or arguments.keep or tempfile.mkdtemp())
    results.mkdir(parents=True, exist_ok=True)
    if not arguments.compare:
        directory = programs.usherd_directory()
        if directory is None:
            sys.exit("compat: usherd is not built; set USHERD_BIN_DIR")
        run_all(corpus, files, directory / "usherd", results)
    report = Report(read_differences(), arguments.quiet)
    for kind, paths in files.items():
        for path in paths:
            old = json.loads(recorded(corpus, kind, path).read_text())
            new = json.loads(result_file(results, kind, path).read_text())
            report.take(kind, f"{kind}/{path.name}", compare_file(old, new))
    if not arguments.compare and not arguments.keep:
        shutil.rmtree(results)
    report.show()
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
