# SPDX-License-Identifier: BSD-2-Clause
#
# Follows the daemon's events from the first one on, and tells what they add up to at any number.

import collections
import dataclasses
import json
import threading

from harness import status, wait


@dataclasses.dataclass(frozen=True)
class Sums:
    """Of all events up to one."""
    accepted: int = 0
    refused: int = 0
    started: int = 0   # processes; what is served inside the daemon is not one
    reaped: int = 0


class Follower:
    KEPT = 20_000  # events whose sums are remembered

    def __init__(self, status_path, daemon_pid):
        self.status_path = status_path
        self.daemon_pid = daemon_pid
        self.lock = threading.Lock()
        self.sums = collections.OrderedDict({-1: Sums()})
        self.alive = set()
        self.ended = None  # why it no longer follows
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.follow()
        except Exception as problem:
            self.ended = repr(problem)

    def follow(self):
        connection = status.Connection(self.status_path)
        connection.timeout = None
        connection.request("GET", "/v1/events?follow=1&since=0")
        answer = connection.getresponse()
        for line in answer:
            event = json.loads(line)
            if event["kind"] in ("missed", "dropped"):
                self.ended = f"lost events: {event}"
                return
            self.take(event)
        self.ended = "the stream ended"

    def take(self, event):
        kind = event["kind"]
        is_process = event.get("pid") not in (None, self.daemon_pid)
        with self.lock:
            last = next(reversed(self.sums))
            sums = self.sums[last]
            if kind == "started" and is_process:
                self.alive.add(event["pid"])
            elif kind == "exited" and is_process:
                self.alive.discard(event["pid"])
            self.sums[event["seq"]] = Sums(
                sums.accepted + (kind == "accepted"), sums.refused + (kind == "refused"),
                sums.started + (kind == "started" and is_process),
                sums.reaped + (kind == "exited" and is_process))
            while len(self.sums) > self.KEPT:
                self.sums.popitem(last=False)

    def up_to(self, following):
        """The Sums of all events before number `following`, once they have come."""
        def come():
            with self.lock:
                if following - 1 in self.sums:
                    return self.sums[following - 1]
            if self.ended:
                raise AssertionError(f"the events cannot be followed: {self.ended}")
            return None
        if following == 0:
            return Sums()
        return wait.wait_until(come, f"event {following - 1}")

    def processes(self):
        with self.lock:
            return set(self.alive)
