# SPDX-License-Identifier: BSD-2-Clause
#
# Internal services: their bytes and their records.

import re
import socket

from config import block, defaults, internal
from model import case
from scripts import ask, each, talk

BASE = defaults()
QUIET = defaults(log_on_success="")
PATTERN = bytes(number * 7 % 256 for number in range(200_000))


def stream(name, title, script, **more):
    return case(title, f"internal {name}/tcp; type INTERNAL",
                BASE + internal(name, port=4000, cps="0 0"), script, **more)


def datagram(name, title, script, **more):
    return case(title, f"internal {name}/udp; type INTERNAL",
                BASE + internal(name, "dgram", port=4000, cps="0 0"), script, **more)


def shape(script):
    """A clock's answer with its digits and its month replaced."""
    def shaped(run):
        reply = script(run)
        data = getattr(reply, "data", reply)
        text = re.sub(rb" [A-Z]{3} ", b" MON ", re.sub(rb"\d", b"9", data), count=1)
        return text, getattr(reply, "ending", None)
    return shaped


def length(script):
    def measured(run):
        reply = script(run)
        return len(getattr(reply, "data", reply)), getattr(reply, "ending", None)
    return measured


def long_echo(run):
    reply = run.talk(4000, PATTERN[:20_000])
    return reply.data == PATTERN[:20_000], reply.ending


def some_lines(count):
    """The first bytes of a stream that never ends."""
    def script(run):
        found = []
        for _ in range(2):
            with run.client.connect(4000) as connection:
                found.append(run.client.read_some(connection, count))
        return found
    return script


def together(run):
    """A client that sends and does not end; what it reads first."""
    with run.client.connect(4000) as connection:
        connection.sendall(b"one\n")
        first = run.client.read_some(connection, 4)
        connection.sendall(b"two\n")
        second = run.client.read_some(connection, 4)
        connection.shutdown(socket.SHUT_WR)
        return first, second, run.client.read_all(connection)


CASES = [
    stream("echo", "echo over TCP", together),
    stream("echo", "echo over TCP, more than a buffer", long_echo),
    stream("echo", "echo over TCP, nothing sent", talk()),
    stream("discard", "discard over TCP", talk(PATTERN)),
    stream("chargen", "chargen over TCP", some_lines(20_000), unordered=True),
    stream("daytime", "daytime over TCP", shape(talk(half_close=False))),
    stream("time", "time over TCP", length(talk(half_close=False))),
    datagram("echo", "echo over UDP", each(*(ask(PATTERN[:size])
                                             for size in (0, 1, 1024, 2048, 5000)))),
    datagram("discard", "discard over UDP", ask(b"x", seconds=0.2)),
    datagram("chargen", "chargen over UDP", each(ask(b""), ask(b"x", source="127.0.0.2"), ask(b""))),
    datagram("daytime", "daytime over UDP", each(shape(ask(b"")), shape(ask(b"x" * 100)))),
    datagram("time", "time over UDP", length(ask(b""))),
    datagram("echo", "echo over UDP does not answer low ports",
             ask(b"x", source_port=1023, seconds=0.3), differs={"seen": "S13", "records": "S13"}),
    case("echo over UDP that does not wait", "internal echo/udp; wait",
         BASE + internal("echo", "dgram", port=4000, wait="no"), ask(b"x")),
    case("internal services that wait", "internal echo/tcp; internal daytime/tcp; wait",
         QUIET + internal("echo", port=4000, wait="yes", cps="0 0")
         + internal("daytime", port=4001, wait="yes", cps="0 0"),
         each(talk(b"x"), talk(b"y"), shape(talk(port=4001, half_close=False)))),
    case("a listed internal service finds its port", "type INTERNAL; port",
         BASE + block("service echo", {"type": "INTERNAL", "socket_type": "stream",
                                       "wait": "no", "user": "root"}),
         talk(b"x", port=7)),
    case("an internal service as another user", "type INTERNAL; user",
         BASE + internal("echo", port=4000, user="nobody"), talk(b"x")),
    case("limits of an internal service", "type INTERNAL; instances; per_source",
         QUIET + internal("echo", port=4000, instances=0)
         + internal("daytime", port=4001, per_source=0) + internal("time", port=4002, instances=0),
         each(*(talk(port=port, half_close=False) for port in (4000, 4001, 4002)))),
    case("no_access of internal services", "type INTERNAL; no_access; reason address",
         QUIET + internal("time", port=4000, no_access="127.0.0.1")
         + internal("echo", "dgram", port=4001, no_access="127.0.0.5"),
         each(talk(half_close=False), ask(port=4001, source="127.0.0.5", seconds=0.2),
              ask(port=4001, source="127.0.0.6"))),
    case("server of an internal service is passed over", "type INTERNAL; server",
         BASE + internal("time", port=4000, server="/bin/echo"),
         length(talk(half_close=False))),
]
