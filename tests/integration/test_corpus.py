# SPDX-License-Identifier: BSD-2-Clause
#
# Every service file of the corpus (files found in the wild, not part of the project) through
# `usherd --check`: it ends in time with 0, 1 or 2, and each diagnostic has a position.

import os
import pathlib
import re
import subprocess
import concurrent.futures

import harness  # noqa: F401  (enters the sandbox)
from harness import sandbox
from harness import daemon as daemons
from harness.case import USHERD, IntegrationCase

POSITION = re.compile(r"^(.+?):(\d+):(\d+): (note|debug|info|warning|error|critical): .")
FOLDERS = ("xinetd.conf", "xinetd.d", "inetd.conf", "derived/xinetd.d")


def files():
    return sorted(path for folder in FOLDERS for path in (sandbox.CORPUS / folder).glob("*")
                  if path.is_file())


def check(path, *options):
    """@return what is wrong with the run, or None."""
    command = [str(daemons.program(USHERD)), "--check", "--trust-files", *options, "-f", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, stdin=subprocess.DEVNULL,
                              env=daemons.ENVIRONMENT, cwd="/")
    except subprocess.TimeoutExpired:
        return f"{path.name}: hangs"
    text = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode not in (0, 1, 2):
        return f"{path.name}: status {done.returncode}\n{text}"
    if any(word in text for word in daemons.SANITIZER_WORDS):
        return f"{path.name}: {text}"
    return unplaced(path, text, done.returncode)


def unplaced(path, text, status):
    """Diagnostics without a position: every line that names a severity must start with one."""
    for line in text.splitlines():
        match = POSITION.match(line)
        # Lines of the source and carets are indented.
        if not match and re.match(r"^(\S.*: ?)?(note|info|warning|error|critical): ", line):
            return f"{path.name}: no position: {line!r}"
        if match and (int(match.group(2)) < 1 or int(match.group(3)) < 1):
            return f"{path.name}: position counts from 1: {line!r}"
    placed = [line for line in text.splitlines() if POSITION.match(line)]
    if status == 2 and not placed:
        return f"{path.name}: status 2 and no diagnostic\n{text}"
    if status == 0 and any(POSITION.match(line).group(4) in ("error", "critical")
                           for line in placed):
        return f"{path.name}: status 0 with errors\n{text}"
    return None


class Corpus(IntegrationCase):
    def setUp(self):
        super().setUp()
        if not os.environ.get("USHERD_ITEST_CORPUS"):
            self.skipTest("left out: no corpus beside the checkout; set USHERD_CORPUS")
        self.require(USHERD)

    def check_all(self, *options):
        # The inetd.conf files among them are so much rubbish to this grammar.
        found = files()
        self.assertGreater(len(found), 100)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = [text for text in pool.map(lambda path: check(path, *options), found)
                        if text]
        self.assertEqual(problems, [], f"{len(problems)} of {len(found)}:\n"
                         + "\n".join(problems[:20]))

    def test_every_file_is_checked_without_a_crash_and_with_positions(self):
        self.check_all()

    def test_every_file_is_checked_with_all_services_as_if_enabled(self):
        """A second pass over copies with `disable = yes` removed, so that bodies are validated."""
        directory = pathlib.Path("/tmp/work/enabled")
        directory.mkdir()
        copies = []
        for number, path in enumerate(path for path in files()
                                      if "inetd.conf" not in str(path)):
            copy = directory / f"{number:04}-{path.name}"
            copy.write_bytes(re.sub(rb"(?m)^(\s*disable\s*=\s*)yes", rb"\1no",
                                    path.read_bytes()))
            copies.append(copy)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            problems = [text for text in pool.map(check, copies) if text]
        self.assertEqual(problems, [], "\n".join(problems[:20]))
