#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a siege of the status socket costs the clients of a service: nobody holds 1,000 connections to
it, each with half a request; one that is cut off or sent away is back a second later. Rounds with and
without, interleaved, a newly started usherd in each.

usage: unshare --net --pid --fork --mount-proc tests/bench/siege.py PROGRAMS [ROUNDS]
PROGRAMS: the directory of usherd, usherd-load and usherd-bench-handler. Needs root. `chrt -r 1` before
it makes it usable on a machine where others work too."""
import collections
import json
import os
import pathlib
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from runner.peers import Site, Usherd
from runner.server import RunningServer
from runner.works import SPAWN

CLIENTS = 1000
PAUSE_SECONDS = 1.0
NOBODY = 65534
LOAD = ("-c", "32", "-e", "3", "--sources", "1000", "--connections", "20000", "--warm-up", "500")


class Siege:
    def __init__(self, path):
        self.path = path
        self.selector = selectors.DefaultSelector()
        self.outside = collections.deque([0.0] * CLIENTS)  # when each may come back, in order
        self.attempts = 0

    def connect(self):
        """@return whether it got as far as the queue"""
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            one.connect(self.path)
        except OSError:
            one.close()
            return False
        self.attempts += 1
        self.selector.register(one, selectors.EVENT_READ)
        try:
            one.send(b"GET /v1/sta")
        except OSError:
            pass  # sent away already; it will be readable
        return True

    def turn(self):
        now = time.monotonic()
        while self.outside and self.outside[0] <= now:
            self.outside.popleft()
            if not self.connect():
                self.outside.append(now + PAUSE_SECONDS)
        for key, _ in self.selector.select(0.05):
            self.selector.unregister(key.fileobj)
            key.fileobj.close()
            self.outside.append(time.monotonic() + PAUSE_SECONDS)


def besiege(path, ready):
    """In a process of its own, for ever."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    siege = Siege(path)
    while True:
        siege.turn()
        if ready >= 0 and siege.attempts >= CLIENTS:
            os.write(ready, b"x")
            os.close(ready)
            ready = -1


def start_siege(path):
    os.chmod(path, 0o666)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        besiege(path, write)
    os.close(write)
    os.read(read, 1)
    os.close(read)
    return child


class Open(Usherd):
    """usherd with its status socket."""

    def command(self, site, work):
        words = super().command(site, work)
        words.remove("--no-status-socket")
        return [*words, "--status-socket", str(site.directory / "status" / "sock")]


def measure(programs, port, is_besieged):
    """@return the microseconds of usherd-load"""
    with tempfile.TemporaryDirectory(prefix="usherd-siege-") as directory:
        os.chmod(directory, 0o755)
        site = Site(programs, programs, pathlib.Path(directory), port, 2)
        with RunningServer(Open("usherd"), site, SPAWN):
            child = start_siege(str(site.directory / "status" / "sock")) if is_besieged else 0
            try:
                done = subprocess.run([str(programs / "usherd-load"), *LOAD, str(port)],
                                      capture_output=True, text=True, check=True)  # fmt: skip
            finally:
                if child:
                    os.kill(child, 9)
                    os.waitpid(child, 0)
    return json.loads(done.stdout)["microseconds"]


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    programs = pathlib.Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    taken = {False: [], True: []}
    for number in range(rounds):
        for is_besieged in (False, True) if number % 2 else (True, False):
            taken[is_besieged].append(measure(programs, 7000 + 2 * number + is_besieged, is_besieged))
            print("besieged" if is_besieged else "alone   ", taken[is_besieged][-1], file=sys.stderr)
    for name in ("p50", "p99", "p99.9"):
        alone, besieged = (statistics.median(one[name] for one in taken[way])
                           for way in (False, True))  # fmt: skip
        print(f"{name}: {alone:,.0f} µs alone, {besieged:,.0f} µs besieged, ÷ {besieged / alone:.2f}")


if __name__ == "__main__":
    main()
