# SPDX-License-Identifier: BSD-2-Clause
#
# Thousands of refusals a second: whoever follows the events gets them all, or is told how many he
# did not get; usherctl top goes on; nobody's memory grows.

import json
import os
import pty
import re
import select
import subprocess
import sys
import threading

import harness  # noqa: F401  (enters the sandbox)
from harness import client, programs, status
from harness.case import HERE, USHERD, IntegrationCase, wait
from harness.config import defaults, service
from harness.daemon import ENVIRONMENT
from harness.sandbox import BINARIES, SANITIZED

KNOCKS = int(os.environ.get("USHERD_ITEST_KNOCKS", "2000" if SANITIZED else "20000"))
KNOCKERS = 2
RING = KNOCKS // 4                 # full before memory is looked at
MOST_GROWTH = 3 * 1024             # KiB


def memory(pid):
    """KiB that a process has in memory."""
    with open(f"/proc/{pid}/status") as text:
        return int(re.search(r"VmRSS:\s+(\d+)", text.read())[1])


class Screen:
    """A terminal for a program, whose output is read all the time; the last of it is kept."""

    def __init__(self, command):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, ENVIRONMENT | {"TERM": "xterm", "LANG": "C.UTF-8"})
        self.text = ""
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            try:
                select.select([self.terminal], [], [])
                piece = os.read(self.terminal, 65536)
            except OSError:
                return
            self.text = (self.text + piece.decode(errors="replace"))[-65536:]

    def type(self, keys):
        os.write(self.terminal, keys)

    def close(self):
        self.thread.join(wait.PATIENCE)
        os.close(self.terminal)


class Flood(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.require(USHERD)
        self.usherctl = str(BINARIES / "usherctl")
        if not os.path.exists(self.usherctl):
            if programs.in_ci():
                self.fail("usherctl is not built; set USHERD_BIN_DIR")
            self.skipTest("usherctl is not built; set USHERD_BIN_DIR")
        subject = self.daemon(USHERD, defaults(log_on_failure="") +
                              service(only_from="192.0.2.1", cps="0 0", flags="IPv4") +
                              service("b", port=4001))
        self.socket = subject.directory / "status" / "sock"
        self.subject = subject.start("--status-socket", str(self.socket), "--event-ring",
                                     str(RING))

    def follow(self):
        """(process, the file that it writes)"""
        output = self.subject.directory / "events"
        with open(output, "wb") as file:
            follower = subprocess.Popen([self.usherctl, "--socket", str(self.socket), "--json",
                                         "events", "--follow"], stdout=file, env=ENVIRONMENT)
        self.addCleanup(self.end, follower)
        client.exchange(4001)
        wait.wait_until(lambda: b"exited" in output.read_bytes(), "a first event")
        return follower, output

    def end(self, process):
        process.kill()
        process.wait()

    def knock(self, first, count=KNOCKS):
        """`count` clients that are refused. @return how many a second"""
        each = count // KNOCKERS
        knockers = [subprocess.Popen([sys.executable, "-I", "-S", HERE / "handlers/knocker.py",
                                      "4000", str(each), str(first + n * each)],
                                     stdout=subprocess.PIPE) for n in range(KNOCKERS)]
        took = [float(one.communicate(timeout=20 * wait.PATIENCE)[0]) for one in knockers]
        return each * KNOCKERS / max(took)

    def next_event(self):
        return status.get(self.socket, "/v1/status")["next_event"]

    def check_complete(self, output, end):
        """Each event stands there, or is counted as missing."""
        def all_there():
            lines = output.read_bytes().splitlines()
            return lines if lines and json.loads(lines[-1])["seq"] >= end - 1 else None
        lines = [json.loads(line) for line in
                 wait.wait_until(all_there, "the last event", 4 * wait.PATIENCE, pause=0.05)]
        expected = lines[0]["seq"]
        missed = 0
        for line in lines:
            if line["kind"] == "missed":
                missed += line["count"]
                expected += line["count"]
            self.assertEqual(line["seq"], expected, line)
            if line["kind"] not in ("missed", "dropped"):
                expected += 1
        self.assertEqual(expected, end)
        return missed

    def test_followers_and_top_keep_up_or_say_what_they_missed_and_memory_is_flat(self):
        follower, output = self.follow()
        top = Screen([self.usherctl, "--socket", str(self.socket), "top"])
        wait.wait_until(lambda: "q quit" in top.text, "a first screen")
        self.knock(0)                                    # rings and sketches are full
        watched = {"usherd": self.subject.pid, "events": follower.pid, "top": top.pid}
        before = {name: memory(pid) for name, pid in watched.items()}
        rate = self.knock(KNOCKS)
        missed = self.check_complete(output, self.next_event())
        growth = {name: memory(pid) - before[name] for name, pid in watched.items()}
        refused = status.get(self.socket, "/v1/status")["refused"]["address"]
        self.assertEqual(refused, 2 * KNOCKS)
        top.text = ""
        shown = f" {refused} " if refused < 10_000 else f" {refused // 1000}k "
        wait.wait_until(lambda: shown in top.text, lambda: f"{shown} on {top.text[-3000:]!r}")
        top.type(b"q")
        _, ended = os.waitpid(top.pid, 0)
        top.close()
        self.assertEqual(ended, 0)
        sys.stderr.write(f"[{rate:.0f} refusals/s, {missed} of {2 * KNOCKS} events missed, "
                         f"memory grew by {growth} KiB] ")
        if not SANITIZED:  # they keep what is freed for a while
            self.assertLess(max(growth.values()), MOST_GROWTH, growth)

    def test_a_follower_that_sleeps_is_told_how_many_it_missed(self):
        follower, output = self.follow()
        os.kill(follower.pid, 19)  # SIGSTOP
        self.knock(0, 20_000)  # a few megabytes of events: more than waits for him anywhere
        os.kill(follower.pid, 18)
        missed = self.check_complete(output, self.next_event())
        self.assertGreater(missed, 0)


if __name__ == "__main__":
    import unittest
    unittest.main()
