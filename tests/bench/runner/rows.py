# SPDX-License-Identifier: BSD-2-Clause
"""What is measured. A Scenario is one kind of load on a freshly started server; a Row is one number
of it, with what that number shall hold."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scenario:
    name: str
    work: str  #: what the server shall do, see peers.py: spawn, refuse or relay
    load: tuple  #: options of usherd-load, without number and time; of iperf3 for relay
    connections: int  #: at most
    seconds: float  #: start no connection after so long
    warm_up: int

    def load_options(self, share):
        """@param share of the full size, at most 1 (--quick)"""
        return [
            *self.load,
            "--connections", str(max(100, int(self.connections * share))),
            "--seconds", str(max(0.5, self.seconds * share)),
            "--warm-up", str(max(10, int(self.warm_up * share))),
        ]  # fmt: skip


@dataclass(frozen=True)
class Hold:
    """One bound of design: the ratio to another server's median, or the number itself."""

    against: str  #: name of a peer, "best peer", "floor", or "" for the number itself
    bound: float

    def text(self, better):
        sign = "≥" if better == "higher" else "≤"
        if not self.against:
            return f"{sign} {self.bound:,.0f}"
        return f"{sign} {self.bound:g} × {self.against}"


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    how: str
    scenario: str
    value: tuple  #: path into the JSON of usherd-load
    unit: str
    better: str  #: higher or lower
    floor: str  #: the floor to compare with
    hold: tuple = field(default=())


SPREAD = ("--sources", "1000")

SCENARIOS = (
    Scenario("spawn-32", "spawn", ("-c", "32", "-e", "3", *SPREAD), 6000, 4, 300),
    Scenario("spawn-1", "spawn", ("-c", "1", "-e", "3", *SPREAD), 2500, 4, 100),
    Scenario("refuse-32", "refuse", ("-c", "32", "-j", "2", "--refusal", *SPREAD), 40000, 3, 1000),
    Scenario("relay-1", "relay", ("-P", "1"), 1, 4, 0),
)

ROWS = (
    Row(
        "connections",
        "connections/s, one process each, 32 at a time",
        "connect, read the static handler's 3 bytes to the end of file; the next starts at once",
        "spawn-32", ("per_second",), "1/s", "higher", "floor-parallel",
        (Hold("xinetd", 1.5), Hold("best peer", 1.15), Hold("floor", 0.95)),
    ),
    Row(
        "tail",
        "p99.9 of connect to end of file, 32 at a time",
        "the same connections as in the row above",
        "spawn-32", ("microseconds", "p99.9"), "µs", "lower", "floor-parallel",
        (Hold("floor", 1.1),),
    ),
    Row(
        "latency",
        "p50 of connect to end of file, one at a time",
        "the same work, one connection at a time",
        "spawn-1", ("microseconds", "p50"), "µs", "lower", "floor-vfork",
        (Hold("floor", 1.1),),
    ),
    Row(
        "refused",
        "refused connections/s, 32 at a time",
        "the source is in no_access (tcp_wrappers, rules, range): closed without a byte",
        "refuse-32", ("per_second",), "1/s", "higher", "floor-accept",
        (Hold("", 25000), Hold("xinetd", 6)),
    ),
    Row(
        "redirect",
        "redirected bytes, one stream",
        "iperf3 through the server to an iperf3 behind it, over the loopback interface",
        "relay-1", ("megabytes_per_second",), "MB/s", "higher", "floor-direct",
        (Hold("xinetd", 8), Hold("best peer", 1)),
    ),
)  # fmt: skip


def scenario(name):
    return next(s for s in SCENARIOS if s.name == name)
