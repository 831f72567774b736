# SPDX-License-Identifier: BSD-2-Clause
"""What servers go through. A Scenario is one kind of work under one kind of load; a Row (rows.py) is one
number that comes of it."""
from dataclasses import dataclass, field

from . import works
from .works import Work


@dataclass(frozen=True)
class Scenario:
    name: str
    method: str  #: how it is measured, a name in measure.METHODS or measure.BY_TURNS
    work: Work  #: what the server shall do
    load: tuple = ()  #: options of usherd-load, without number and time; of iperf3 for relay
    connections: int = 0  #: at most
    seconds: float = 0  #: start no connection after so long
    warm_up: int = 0
    address: str = "127.0.0.1"  #: of the server
    less: dict = field(default_factory=dict)  #: pair: what is different in the other work

    def warm_ups(self, share):
        return max(10, int(self.warm_up * share))

    def load_options(self, share):
        """@param share of the full size, at most 1 (--quick)"""
        return [
            *self.load,
            "--connections", str(max(100, int(self.connections * share))),
            "--seconds", str(max(0.5, self.seconds * share)),
            "--warm-up", str(self.warm_ups(share)),
        ]  # fmt: skip


SPREAD = ("--sources", "1000")
ONE = ("-c", "1", "-e", "3", *SPREAD)
#: For handlers that wait for the client's end.
ONE_AND_END = (*ONE, "--half-close")
DATAGRAM = "x" * 64
#: usherd answers one source 20 times a second and openbsd-inetd nobody of 127.0.0.0/8; xinetd throws
#: away what comes while it answers, which is soon given up.
ECHOES = ("-c", "32", "-j", "2", "--udp", "--request", DATAGRAM, "-e", str(len(DATAGRAM)),
          "--timeout-ms", "20", "--network", "10", "--sources", "4000")  # fmt: skip

SCENARIOS = (
    Scenario("spawn-32", "turns", works.SPAWN, ("-c", "32", "-e", "3", *SPREAD), 20000, 5, 300),
    Scenario("spawn-1", "turns", works.SPAWN, ONE, 5000, 5, 300),
    Scenario("refuse-32", "load", works.REFUSE,
             ("-c", "32", "-j", "2", "--refusal", *SPREAD), 40000, 3, 1000),
    Scenario("services", "services", Work("services", 10000)),
    Scenario("per-source", "pair", Work("hold", 5000, limited=True), ONE_AND_END, 6000, 6, 300,
             less={"limited": False}),
    Scenario("prefixes", "pair", Work("list", 100000), ONE, 6000, 6, 300,
             less={"size": 1}),
    Scenario("relay-1", "relay", works.RELAY, ("-P", "1"), seconds=4),
    Scenario("daytime-1", "load", works.DAYTIME, ("-c", "1", *SPREAD), 10000, 2, 500),
    Scenario("echo-32", "load", works.ECHO, ECHOES, 100000, 2, 1000, address="10.0.0.1"),
    Scenario("held", "held", Work("hold", 1000)),
    Scenario("idle-relays", "idle-relays", Work("relay", 300)),
)  # fmt: skip
