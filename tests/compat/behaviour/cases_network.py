# SPDX-License-Identifier: BSD-2-Clause
#
# Sockets: families, addresses, options, redirect, banners, services that wait.

import socket

from config import defaults, internal, service
from model import case
from scripts import ask, burst, each, listening, option, quiet, talk

BASE = defaults()
BOTH = each(listening, talk(), talk(host="::1"))


def bound(name, covers, attributes, **more):
    """Where a service listens and whom it serves over IPv4 and IPv6."""
    return case(name, covers, BASE + service(**attributes), BOTH, **more)


FAMILIES = [
    bound("without bind and flag a service listens on both families", "bind", {}),
    bound("the flag IPv4", "flag IPv4", {"flags": "IPv4"}),
    bound("the flag IPv6", "flag IPv6", {"flags": "IPv6"}),
    bound("both flags mean IPv6", "flag IPv4; flag IPv6", {"flags": "IPv4 IPv6"}),
    bound("bind to an IPv4 address", "bind", {"bind": "127.0.0.1"}),
    bound("bind to an IPv6 address", "bind", {"bind": "::1"}),
    bound("bind to the IPv4 wildcard", "bind", {"bind": "0.0.0.0"}),
    bound("bind to the IPv6 wildcard", "bind", {"bind": "::"}),
    bound("bind to a name", "bind", {"bind": "five.example.test"}),
    bound("interface is another word for bind", "interface", {"interface": "127.0.0.1"}),
    bound("the first of bind and interface counts", "interface; bind",
          {"bind": "127.0.0.1", "interface": "::1"}),
    case("bind of defaults holds for services without their own", "bind",
         defaults(bind="127.0.0.1") + service() + service("b", port=4001, bind="::1"), listening),
    bound("an IPv4 address and the flag IPv6", "bind; flag IPv6",
          {"bind": "127.0.0.1", "flags": "IPv6"}, differs={"seen": "S1", "messages": "S1",
                                                           "records": "S1"}),
    bound("an IPv6 address and the flag IPv4", "bind; flag IPv4",
          {"bind": "::1", "flags": "IPv4"}, differs={"seen": "S1", "messages": "S1",
                                                     "records": "S1"}),
    bound("v6only = yes", "v6only", {"v6only": "yes"}),
    bound("v6only = no", "v6only", {"v6only": "no"},
          differs={"seen": "S14", "records": "S14"}),
    case("v6only = yes in defaults", "v6only; syntax defaults", defaults(v6only="yes") + service(),
         BOTH, differs={"seen": "S14", "records": "S14"}),
    case("an address that this host does not have", "bind",
         BASE + service(bind="198.51.100.1") + service("b", port=4001), listening),
    case("a port that somebody else has", "port", BASE + service(bind="127.0.0.1")
         + service("b", port=4001), listening,
         prepare=lambda run: run.extra.append(socket.create_server(("127.0.0.1", 4000)))),
    case("a raw socket", "socket_type; protocol",
         BASE + service(socket_type="raw", protocol="icmp", wait="yes", port=None,
                        type="UNLISTED") + service("b", port=4001), listening),
]

SOL_TCP, NODELAY = socket.IPPROTO_TCP, socket.TCP_NODELAY
SOL, KEEPALIVE, REUSE = socket.SOL_SOCKET, socket.SO_KEEPALIVE, socket.SO_REUSEADDR


def sockopt(flag, level, number):
    text = BASE + service(flags=flag or None) + service("b", port=4001)
    return case(f"the flag {flag} sets its option of the socket", f"flag {flag}", text,
                each(option(level, number), option(level, number, port=4001), talk()))


OPTIONS = [
    sockopt("NODELAY", SOL_TCP, NODELAY), sockopt("KEEPALIVE", SOL, KEEPALIVE),
    sockopt("REUSE", SOL, REUSE),
    case("a socket may be bound again at once", "flag REUSE", BASE + service(),
         each(talk(), lambda run: (run.daemon.stop(), run.daemon.start(), run.talk(4000))[2])),
    case("the flag NOLIBWRAP", "flag NOLIBWRAP", BASE + service(flags="NOLIBWRAP"), talk()),
    case("the flag LABELED on a system without labels", "flag LABELED",
         BASE + service(flags="LABELED"), talk(),
         differs={"seen": "2.3.15.4", "records": "2.3.15.4", "messages": "2.3.15.4"}),
]

TO_ECHO = {"server": None, "server_args": None, "redirect": "127.0.0.1 4100",
           "log_on_success": "PID HOST EXIT DURATION TRAFFIC"}
ECHO = internal("echo", port=4100, log_on_success="")


def four(port=4000, host="127.0.0.1"):
    """A client that sends four bytes, reads them and leaves."""
    def script(run):
        with run.client.connect(port, host) as connection:
            connection.sendall(b"four")
            data = run.client.read_some(connection, 4)
        run.daemon.wait_for_record("EXIT: a")
        return data
    return script


# xinetd 2.3.15.3 complains on every connection from an IPv6 socket to an IPv4 host.
QUIETER = {"messages": "2.3.15.4"}
REDIRECT = [
    case("redirect passes bytes and counts them", "redirect; log_on_success; record TRAFFIC",
         BASE + ECHO + service(**TO_ECHO), four(), differs=QUIETER),
    case("redirect to the name of a port", "redirect", BASE + internal("echo", port=7,
                                                                      log_on_success="")
         + service(**(TO_ECHO | {"redirect": "127.0.0.1 echo"})), four(), differs=QUIETER),
    case("redirect from IPv6 to IPv4", "redirect; flag IPv6",
         BASE + ECHO + service(**(TO_ECHO | {"flags": "IPv6"})), four(host="::1"),
         differs=QUIETER),
    case("redirect from IPv4 to IPv6", "redirect; flag IPv4",
         BASE + ECHO + service(**(TO_ECHO | {"flags": "IPv4", "redirect": "::1 4100"})), four()),
    case("redirect to a port where nobody listens", "redirect",
         BASE + service(**TO_ECHO), quiet(), differs=QUIETER),
    case("redirect and a client that ends its sending first", "redirect",
         BASE + ECHO + service(**TO_ECHO | {"flags": "IPv4"}), talk(b"four"),
         differs={"seen": "D17", "records": "D17"}),
]

ALL = {"banner": "/tmp/home/first", "banner_success": "/tmp/home/second",
       "banner_fail": "/tmp/home/refused"}


def banners(run):
    for name, text in (("first", b"first\n"), ("second", b"second"), ("refused", b"no\r\n\0.")):
        with open(f"/tmp/home/{name}", "wb") as file:
            file.write(text)


def shown(name, covers, text, script, **more):
    return case(name, covers, BASE + text, script, prepare=banners, **more)


BANNERS = [
    shown("banner and banner_success come before the data", "banner; banner_success",
          service(**ALL), quiet()),
    shown("banner and banner_success of an internal service", "banner; banner_success",
          internal("daytime", port=4000, **{name: ALL[name] for name in ("banner",)},
                   access_times="0:00-23:59"),
          lambda run: run.talk(4000, half_close=False).data[:6]),
    shown("banner_fail for a limit", "banner_fail; banner", service(instances=0, **ALL), quiet()),
    shown("banner_fail for an address", "banner_fail; banner", service(no_access="127.0.0.1", **ALL),
          quiet(), differs={"records": "D10"}),
    shown("banner_fail for a rate", "banner_fail", service(cps="3 30", **ALL), burst(4),
          unordered=True),
    case("banners of defaults", "banner; banner_success; banner_fail",
         defaults(**ALL) + service() + service("b", port=4001, instances=0),
         each(quiet(), quiet(port=4001)), prepare=banners),
    case("a banner that cannot be read", "banner", BASE + service(banner="/no/such/banner"), quiet()),
]

SERVER = "-I -S /tmp/home/waiting_server.py"


def waiting(what, count=1, **more):
    return service(wait="yes", server="/usr/bin/python3", server_args=f"{SERVER} {what} {count}",
                   **more)


def waiting_datagram(what, count=1, **more):
    return waiting(what, count, socket_type="dgram", protocol="udp", **more)


def served(*scripts):
    """What the waiting servers answer, without their process ids."""
    def script(run):
        answers = []
        for number, inner in enumerate(scripts):
            reply = inner(run)
            data = getattr(reply, "data", reply)
            answers.append(data.split()[1:] if data else data)
            run.daemon.wait_for_record("EXIT: a", number + 1)
        return answers
    return script


WAIT = [
    case("a stream service that waits accepts for itself", "wait; record START; record EXIT",
         BASE + waiting("serve"), served(talk(b"one"), talk(b"two"))),
    case("a datagram service that waits gets the datagram", "wait; socket_type",
         BASE + waiting_datagram("serve"),
         served(ask(b"one"), ask(b"two", source="127.0.0.3"))),
    case("a waiting service that ignores its client is stopped by its rate", "wait; cps",
         BASE + service(wait="yes", server="/bin/true", server_args=None, cps="4 60"),
         lambda run: (run.client.connect(4000),
                      run.daemon.wait_for_message("Deactivating service a"),
                      run.daemon.wait_for_record("EXIT: a", 4))[1], repeated=True),
    case("a refused sender of a datagram", "wait; no_access; reason address",
         BASE + waiting_datagram("serve", no_access="127.0.0.5"),
         lambda run: (run.client.ask(4000, b"x", source="127.0.0.5", seconds=0.2),
                      run.daemon.wait_for_record("FAIL: a"))[0], differs={"records": "D10"}),
    case("a waiting service after a refused start", "wait; instances; access_times",
         BASE + waiting_datagram("serve", instances=0),
         lambda run: (run.client.ask(4000, b"x", seconds=0.2), run.daemon.wait_for_record("FAIL: a"),
                      run.client.ask(4000, b"x", seconds=0.5))[2],
         differs={"records": "S7"}),
    case("a stream service that waits, with address rules", "wait; only_from",
         BASE + waiting("serve", only_from="127.0.0.1", cps="4 60"), talk(b"one"),
         differs={"seen": "S15", "records": "S15", "messages": "S15"}),
]

CASES = FAMILIES + OPTIONS + REDIRECT + BANNERS + WAIT
