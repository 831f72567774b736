# SPDX-License-Identifier: BSD-2-Clause
"""One load for all servers of a scenario: all of them are up, and each has its slices of the load by
turns. What the machine does meanwhile, for seconds or minutes, then meets all of them alike, which
medians over rounds do not give where each server has its seconds to itself."""
import random
import time
from contextlib import ExitStack
from math import ceil
from statistics import median

SLICES = 10  #: of a round's load, for each server
SETTLE_SECONDS = 0.05  #: the last handlers end, and are waited for


class Turns:
    """What each server has had in the slices so far."""

    def __init__(self, attempt, server):
        self.attempt, self.server = attempt, server
        self.loads = []
        self.cpu_seconds = 0.0
        self.served = 0

    def take(self):
        share = self.attempt.share / SLICES
        before = self.server.cpu_seconds()
        load = self.attempt.offer(self.server, share, ["--each"])
        time.sleep(SETTLE_SECONDS)
        self.cpu_seconds += self.server.cpu_seconds() - before
        self.served += load["offered"] + self.attempt.scenario.warm_ups(share)
        self.loads.append(load)

    def result(self):
        result = merged(self.loads)
        if self.attempt.peer.reaps and result["done"]:
            result["cpu_per_1000"] = self.cpu_seconds / self.served * 1000
        return result


def measure(attempts, expected):
    """@param attempts of all servers, in the order of this round @param expected errors of one server,
    which then takes no further part @return [(attempt, result or the error)]"""
    turns, told = {}, []
    seed = attempts[0].round * SLICES if attempts else 0
    with ExitStack() as stack:
        for attempt in attempts:
            try:
                server = stack.enter_context(attempt.started(attempt.scenario.work))
                turns[attempt.peer.name] = Turns(attempt, server)
            except expected as why:
                told.append((attempt, why))
        for number in range(SLICES):
            for name in shuffled(turns, seed + number):
                try:
                    turns[name].take()
                except expected as why:
                    told.append((turns.pop(name).attempt, why))
    return told + [(one.attempt, one.result()) for one in turns.values()]


def shuffled(names, seed):
    """Who comes after whom matters by some percent. The same order for the same `seed`."""
    result = list(names)
    random.Random(seed).shuffle(result)
    return result


def merged(loads):
    """What usherd-load would have said of all the slices as one. @param loads its answers, with the
    time of each connection @return the same keys, without those times; and the median of the slices'
    p99.9: when the machine stands still for a moment all clients wait at a time, which are more than
    one in a thousand of all the slices together, and of one slice only"""
    times = sorted(one for load in loads for one in load["each"])
    result = {"errors": {}}
    for name in ("offered", "done", "bytes", "seconds"):
        result[name] = sum(load[name] for load in loads)
    for load in loads:
        for name, count in load["errors"].items():
            result["errors"][name] = result["errors"].get(name, 0) + count
    result["per_second"] = result["done"] / result["seconds"] if result["seconds"] else 0.0
    result["microseconds"] = {"mean": sum(times) / len(times) if times else None}
    for percent in (50, 90, 99, 99.9):
        result["microseconds"][f"p{percent}"] = percentile(times, percent)
    result["microseconds"]["max"] = times[-1] if times else None
    tails = [load["microseconds"]["p99.9"] for load in loads if load["microseconds"]["p99.9"]]
    result["p99.9_of_slices"] = median(tails) if tails else None
    return result


def percentile(times, percent):
    """By nearest rank, as tests/bench/percentiles.h has it. @param times sorted"""
    return times[max(1, ceil(percent * len(times) / 100 - 1e-9)) - 1] if times else None
