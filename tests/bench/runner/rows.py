# SPDX-License-Identifier: BSD-2-Clause
"""The rows of the table. A Row is one number of a scenario, with what that number shall hold."""
from dataclasses import dataclass

from .scenarios import SCENARIOS


@dataclass(frozen=True)
class Hold:
    """One bound of design: the ratio to another server's median, or the number itself."""

    against: str  #: name of a peer, "best peer", "floor", or "" for the number itself
    bound: float

    def text(self, better):
        sign = "≥" if better == "higher" else "≤"
        if not self.against:
            return f"{sign} {self.bound:,g}"
        return f"{sign} {self.bound:g} × {self.against}"


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    how: str
    scenario: str
    value: tuple  #: path into the JSON of the measurement
    unit: str
    better: str  #: higher or lower
    floor: str = ""  #: the floor to compare with
    hold: tuple = ()


HIGHER, LOWER = "higher", "lower"
NO_SLOWER = (Hold("", 1.1),)  #: as fast as; what is nearer than a tenth is noise

ROWS = (
    Row(
        "connections",
        "connections a second, a process each, 32 at a time",
        "connect, read the static handler's 3 bytes to the end of file; the next starts at once",
        "spawn-32", ("per_second",), "1/s", HIGHER, "floor-parallel",
        # usherd has one thread, and so has floor-vfork; floor-parallel has one for each processor.
        (Hold("xinetd", 1.5), Hold("best peer", 1.15), Hold("floor-vfork", 0.95), Hold("floor", 0.95)),
    ),
    Row(
        "tail",
        "p99.9 of connect to end of file, 32 at a time",
        "the same connections as in the row above; median of the ten slices of a round: if the machine "
        "stands still once, all 32 wait, and the p99.9 of a round is that",
        "spawn-32", ("p99.9_of_slices",), "µs", LOWER, "floor-parallel",
        (Hold("floor-vfork", 1.1), Hold("floor", 1.1)),
    ),
    Row(
        "cpu",
        "CPU time of 1,000 connections, server and handlers",
        "the same connections: user and system time of the server's processes and of all handlers "
        "they have waited for, by /proc/PID/stat; interrupts count for whom they meet",
        "spawn-32", ("cpu_per_1000",), "s", LOWER, "floor-duties",
    ),
    Row(
        "latency",
        "p50 of connect to end of file, one at a time",
        "the same work, one connection at a time",
        "spawn-1", ("microseconds", "p50"), "µs", LOWER, "floor-vfork",
        (Hold("floor", 1.1),),
    ),
    Row(
        "refused",
        "refused connections a second, 32 at a time",
        "the source is in no_access (tcp_wrappers, rules, range): closed without a byte",
        "refuse-32", ("per_second",), "1/s", HIGHER, "floor-accept",
        (Hold("", 25000), Hold("xinetd", 6)),
    ),
    Row(
        "start",
        "start with 10,000 services",
        "each in a file of its own (openbsd-inetd: a line); from exec until the ports accept "
        "(20 of them asked in turn, all checked afterwards) and the log says that it is ready",
        "services", ("start_seconds",), "s", LOWER, "floor-services",
        (Hold("", 0.30),),
    ),
    Row(
        "start-memory",
        "memory with 10,000 services",
        "Rss of /proc/PID/smaps_rollup, when it has just started",
        "services", ("megabytes",), "MB", LOWER, "floor-services",
        (Hold("", 17),),
    ),
    Row(
        "reload",
        "reload of 10,000 services, one file added",
        "from SIGHUP until the new port accepts and the log says that it is done",
        "services", ("reload_seconds",), "s", LOWER, "floor-services",
        (Hold("", 0.20),),
    ),
    Row(
        "reload-lost",
        "connections that fail during three such reloads",
        "two clients at a time at one of the services that stay; refused, reset or without answer",
        "services", ("failed_in_reload",), "", LOWER, "",
        (Hold("", 0),),
    ),
    Row(
        "per-source",
        "p50 with 5,000 handlers running and per_source set",
        "5,000 handlers of the service stay, of 1,000 sources; one connection at a time beside them "
        "(tcpsvd: -C)",
        "per-source", ("with",), "µs", LOWER,
    ),
    Row(
        "per-source-ratio",
        "the same, over that with no per_source",
        "a server without per_source and as many handlers beside it; they have the load by turns",
        "per-source", ("ratio",), "×", LOWER, "", NO_SLOWER,
    ),
    Row(
        "prefixes",
        "p50 with 100,000 prefixes in only_from",
        "one connection at a time, its source is in the last of them (tcpserver: rules, compiled)",
        "prefixes", ("with",), "µs", LOWER,
    ),
    Row(
        "prefixes-ratio",
        "the same, over that with one prefix",
        "a server with one prefix in only_from beside it; they have the load by turns",
        "prefixes", ("ratio",), "×", LOWER, "", NO_SLOWER,
    ),
    Row(
        "redirect",
        "redirected bytes, one stream",
        "iperf3 through the server to an iperf3 behind it, over the loopback interface",
        "relay-1", ("megabytes_per_second",), "MB/s", HIGHER, "floor-direct",
        (Hold("xinetd", 8), Hold("best peer", 1)),
    ),
    Row(
        "internal",
        "p50 of an internal TCP service, one at a time",
        "daytime: connect, read the date to the end of file",
        "daytime-1", ("microseconds", "p50"), "µs", LOWER, "floor-accept",
    ),
    Row(
        "udp-echo",
        "UDP echoes a second, 32 at a time",
        "internal echo, 64 bytes there and back, each from a socket of its own, of 4,000 sources; the "
        "next goes when one is back, or lost for 20 ms (xinetd throws away what comes while it answers)",
        "echo-32", ("per_second",), "1/s", HIGHER, "floor-echo",
    ),
    Row(
        "service-memory",
        "memory of an idle service",
        "Pss of the server's processes, slope between 1,000 and 10,000 services; between 5 and 25 "
        "where each service has a server of its own",
        "services", ("bytes_per_service",), "bytes", LOWER, "floor-services",
    ),
    Row(
        "handler-memory",
        "memory of the server for each running handler",
        "Pss of the server's processes without the handlers, slope between 100 and 1,000 of them; "
        "memory of the kernel is not in it",
        "held", ("bytes_per_item",), "bytes", LOWER,
    ),
    Row(
        "relay-memory",
        "memory of an idle relay",
        "Pss of the server's processes, slope between 30 and 300 connections that are silent",
        "idle-relays", ("bytes_per_item",), "bytes", LOWER,
    ),
)  # fmt: skip


def scenario(name):
    return next(s for s in SCENARIOS if s.name == name)
