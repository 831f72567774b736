# SPDX-License-Identifier: BSD-2-Clause
"""Takes the measurements: one start of one server, or as many as its scenario needs; rounds of that,
interleaved."""
import itertools
import os
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from . import turns, works
from .clients import Crowd, Silent, offer, offering, transfer
from .peer import Site
from .server import RunningServer, Unable, Unusable

MIB = 1024 * 1024


@dataclass(frozen=True)
class Places:
    programs: Path
    unpacked: Path
    scratch: Path
    workers: int


@dataclass(frozen=True)
class Measurement:
    scenario: str
    peer: str
    round: int
    result: dict  #: the JSON of usherd-load, or what the scenario's method returns


_ports = itertools.cycle(range(7000, 10000))  # a new one each time: no TIME_WAIT of the one before


@dataclass(frozen=True)
class Attempt:
    """One peer in one scenario, in one round."""

    places: Places
    peer: object
    scenario: object
    share: float  #: of the full size, at most 1 (--quick)
    round: int

    @contextmanager
    def started(self, work, environment=()):
        with tempfile.TemporaryDirectory(dir=self.places.scratch) as directory:
            os.chmod(directory, 0o755)
            places = self.places
            site = Site(places.programs, places.unpacked, Path(directory), next(_ports),
                        places.workers, places.scratch)  # fmt: skip
            with RunningServer(self.peer, site, work, environment) as server:
                yield server

    def offer(self, server, share=None, more=()):
        """@param share of the full load, where it is not the attempt's @param more options"""
        options = self.scenario.load_options(self.share if share is None else share) + list(more)
        return offer(server.site, server.port, options, self.scenario.address)

    def size(self, full):
        return max(10, int(full * self.share))


def measure_load(attempt):
    """usherd-load, and the CPU time that the server and its handlers have taken for it."""
    with attempt.started(attempt.scenario.work) as server:
        before = server.cpu_seconds()
        result = attempt.offer(server)
        time.sleep(0.05)  # the last handlers end, and are waited for
        used = server.cpu_seconds() - before
    if attempt.peer.reaps and result["done"]:
        served = result["offered"] + attempt.scenario.warm_ups(attempt.share)
        result["cpu_per_1000"] = used / served * 1000
    return result


def measure_relay(attempt):
    scenario = attempt.scenario
    with attempt.started(scenario.work) as server:
        rate = transfer(server.site, max(1, round(scenario.seconds * attempt.share)), scenario.load)
    return {"megabytes_per_second": rate}


SLICES = 6  #: of the load, for each of a pair


def measure_pair(attempt):
    """Two servers that differ in one thing run side by side and have the load in slices by turns: one
    after the other, what the machine does meanwhile is more than the difference."""
    scenario = attempt.scenario
    works_of = {"without": replace(scenario.work, **scenario.less), "with": scenario.work}
    turn = 1 if attempt.round % 2 else -1
    slices = {name: [] for name in works_of}
    with ExitStack() as stack:
        servers = {}
        for name, work in list(works_of.items())[::turn]:
            sized = replace(work, size=_scaled(attempt, work))
            servers[name] = stack.enter_context(_crowded(attempt, sized))
        for _ in range(SLICES):
            for name in list(works_of)[::turn]:
                slices[name].append(attempt.offer(servers[name], attempt.share / SLICES))
            turn = -turn
    return summarize_pair(slices)


def summarize_pair(slices):
    """@param slices {"with" or "without": what usherd-load said of each} @return medians of their p50,
    and what one is over the other; no ratio if one of them has served nothing"""
    result = {"offered": 0, "errors": {}}
    for name, loads in slices.items():
        times = [one["microseconds"]["p50"] for one in loads if one["microseconds"]["p50"]]
        result[name] = median(times) if times else None
        result["offered"] += sum(one["offered"] for one in loads)
        result["errors"][name] = sum(sum(one["errors"].values()) for one in loads)
    if result["with"] and result["without"]:
        result["ratio"] = result["with"] / result["without"]
    return result


def _scaled(attempt, work):
    return max(1, int(work.size * attempt.share)) if work.size > 1 else work.size


@contextmanager
def _crowded(attempt, work):
    """A server, and as many handlers as the work says."""
    with attempt.started(work) as server:
        with Crowd(server.port, first_byte=True) as crowd:
            crowd.grow(work.size if work.kind == "hold" else 0)
            yield server


def measure_crowded(attempt, work):
    """The load, while as many handlers run as the work says."""
    with _crowded(attempt, work) as server:
        before = server.cpu_seconds() if work.kind != "hold" else None
        result = attempt.offer(server)
        if before is not None:
            result["cpu_seconds"] = server.cpu_seconds() - before
        result["rss"] = server.rss()
    return result


def slope(points):
    """Bytes for each item, between two sizes; what is less than nothing is noise of whole pages.
    @param points {items: bytes}"""
    (few, small), (many, large) = sorted(points.items())
    return max(0.0, (large - small) / (many - few))


RELOADS_UNDER_LOAD = 3


def measure_services(attempt):
    """Start, memory, reload. Servers of one service: as many processes, memory only."""
    if attempt.peer.serves_one:
        return measure_processes(attempt)
    many = attempt.size(attempt.scenario.work.size)
    few = many // 10
    with attempt.started(works.Work("services", few)) as server:
        pss = {few: server.settled_pss()}
    work = works.Work("services", many)
    with attempt.started(work) as server:
        pss[many] = server.settled_pss()
        result = {"start_seconds": server.seconds, "megabytes": server.rss() / 1e6,
                  "bytes_per_service": slope(pss)}  # fmt: skip
        result["reload_seconds"] = server.reload(many)
        server.check_all_listen(range(server.port, server.port + many + 1))
        if attempt.peer.kind != "floor":
            result |= reload_under_load(server, many + 1, result["reload_seconds"])
    return result


def reload_under_load(server, first, seconds):
    """Two clients at a time at one of the services, while it reloads several times."""
    load = {}
    lasts = (RELOADS_UNDER_LOAD + 1) * min(max(seconds, 0.2), 5) + 0.3
    options = ["-c", 2, "-n", 0, "-t", lasts, "-e", 3, "--sources", 1000,
               "--timeout-ms", 60000]  # fmt: skip
    with offering(server.site, server.port, options, load):
        for number in range(first, first + RELOADS_UNDER_LOAD):
            server.reload(number)
    return {"offered": load["offered"], "errors": load["errors"],
            "failed_in_reload": load["offered"] - load["done"]}  # fmt: skip


def measure_processes(attempt):
    """Memory of a service where each has a server of its own."""
    work = works.Work("services", 1)
    pss = {}
    with ExitStack() as stack:
        servers = []
        for count in (5, 25):
            while len(servers) < count:
                servers.append(stack.enter_context(_one_of_many(attempt, work)))
            pss[count] = sum(server.settled_pss() for server in servers)
    return {"bytes_per_service": slope(pss)}


@contextmanager
def _one_of_many(attempt, work):
    with attempt.started(replace(work, kind="spawn")) as server:
        yield server


def measure_held(attempt):
    """Memory of the server alone for each handler that runs."""
    many = attempt.size(attempt.scenario.work.size)
    with attempt.started(replace(attempt.scenario.work, size=many)) as server:
        return {"bytes_per_item": _grown(server, many, first_byte=True)}


def measure_idle_relays(attempt):
    many = attempt.size(attempt.scenario.work.size)
    if attempt.peer.kind == "floor":
        raise Unable("it is no server")
    with attempt.started(works.RELAY) as server, Silent(server.site.target_port):
        return {"bytes_per_item": _grown(server, many, first_byte=False)}


def _grown(server, many, first_byte):
    """Bytes for each connection, from a tenth of them to all."""
    pss = {}
    with Crowd(server.port, first_byte) as crowd:
        for count in (many // 10, many):
            crowd.grow(count)
            pss[count] = server.settled_pss()
    return slope(pss)


BY_TURNS = "turns"  #: the one method that measures all servers at a time

METHODS = {
    "load": measure_load,
    "relay": measure_relay,
    "pair": measure_pair,
    "services": measure_services,
    "held": measure_held,
    "idle-relays": measure_idle_relays,
}


EXPECTED = (Unusable, subprocess.SubprocessError, OSError, ValueError, LookupError)


def outcomes(scenario, attempts):
    """(attempt, result or the error), of one after the other or, by turns, of all together."""
    if scenario.method == BY_TURNS:
        yield from turns.measure(attempts, EXPECTED)
        return
    for attempt in attempts:
        try:
            yield attempt, METHODS[scenario.method](attempt)
        except EXPECTED as why:
            yield attempt, why


class Rounds:
    """Every peer once in each round, the order turned around in every other one: whatever drifts
    meanwhile meets all of them alike. Peers that cannot do a scenario are left out of it. What is
    measured is in `measurements` at any time, and in `failures` lines that say what could not be."""

    def __init__(self, places, peers, scenarios, share, say):
        self.places, self.peers, self.scenarios = places, peers, scenarios
        self.share, self.say = share, say
        self.measurements, self.failures = [], []
        self.unable = set()  #: (scenario, peer)
        self.complete = 0

    def run(self, rounds, minutes=None, after_each=lambda: None):
        """@param minutes begin no round that would take longer than this in all"""
        began = time.monotonic()
        longest = 0.0
        for number in range(1, rounds + 1):
            now = time.monotonic()
            if minutes and number > 1 and now - began + longest > minutes * 60:
                self.failures.append(f"rounds {number} to {rounds}: no time left")
                break
            self.round(number)
            self.complete = number
            after_each()
            longest = max(longest, time.monotonic() - now)

    def round(self, number):
        order = self.peers if number % 2 else self.peers[::-1]
        for scenario in self.scenarios:
            attempts = [Attempt(self.places, peer, scenario, self.share, number) for peer in order
                        if (scenario.name, peer.name) not in self.unable]  # fmt: skip
            for attempt, result in outcomes(scenario, attempts):
                self.note(attempt, result)

    def note(self, attempt, result):
        """@param result what was measured, or the error that there was instead"""
        scenario, peer = attempt.scenario.name, attempt.peer.name
        if isinstance(result, Unable):
            self.unable.add((scenario, peer))
        elif isinstance(result, Exception):
            self.failures.append(f"{peer} in {scenario}, round {attempt.round}: {result}")
            self.say(self.failures[-1])
        else:
            result = {"offered": 0, "errors": {}} | result
            self.measurements.append(Measurement(scenario, peer, attempt.round, result))
            self.say(progress(self.measurements[-1]))


def progress(one):
    """A line for who watches."""
    parts = [f"round {one.round} {one.scenario:17} {one.peer:24}"]
    times = one.result.get("microseconds")
    if times:
        parts.append(f"{one.result['per_second']:>9,.0f}/s")
        parts.append(f"p50 {times['p50'] or 0:,.0f} µs p99.9 {times['p99.9'] or 0:,.0f} µs")
    hidden = ("offered", "done", "bytes", "seconds", "per_second")
    parts += [f"{name} {value:,.6g}" for name, value in one.result.items()
              if name not in hidden and isinstance(value, (int, float))]  # fmt: skip
    errors = {k: v for k, v in one.result["errors"].items() if v}
    return "  ".join(parts) + (f"  errors {errors}" if errors else "")
