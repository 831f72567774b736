# SPDX-License-Identifier: BSD-2-Clause
#
# What xinetd does with its neighbours: tcp_wrappers, ident, tcpmux, RPC, INTERCEPT, inetd.conf.

import pathlib

from config import defaults, internal, service
from ident import Ident
from model import case
from scripts import ask, by, each, listening, look, quiet, talk

BASE = defaults()
CAT = {"server": "/bin/cat", "server_args": None}


def wrapped(name, covers, text, script, deny="", allow="", **more):
    """A case with files of hosts_access(5)."""
    def prepare(_):
        pathlib.Path("/etc/hosts.deny").write_text(deny)
        pathlib.Path("/etc/hosts.allow").write_text(allow)
    return case(name, covers, BASE + text, script, prepare=prepare, **more)


WRAPPERS = [
    wrapped("hosts.deny refuses by the name of the server", "reason libwrap; libwrap; record FAIL",
            service(), each(quiet(source="127.0.0.5"), talk(source="127.0.0.6")),
            deny="echo: 127.0.0.5\n", differs={"records": "D10"}),
    wrapped("hosts.allow comes first", "reason libwrap", service(**CAT),
            by("127.0.0.5", "127.0.0.6"), deny="ALL: ALL\n", allow="cat: 127.0.0.5\n",
            differs={"records": "D10"}),
    wrapped("the attribute libwrap names the daemon", "libwrap; reason libwrap",
            service(libwrap="other"), quiet(), deny="other: ALL\n", differs={"records": "D10"}),
    wrapped("another name is not refused", "libwrap", service(libwrap="other"), quiet(),
            deny="echo: ALL\n"),
    wrapped("with NAMEINARGS the first argument is the name", "flag NAMEINARGS; reason libwrap",
            service(flags="NAMEINARGS", server_args="/x/in.echo hello"), quiet(),
            deny="in.echo: ALL\n", differs={"records": "D10"}),
    wrapped("NOLIBWRAP passes the rules over", "flag NOLIBWRAP", service(flags="NOLIBWRAP"),
            quiet(), deny="ALL: ALL\n"),
    wrapped("an internal service goes by its name", "reason libwrap; internal daytime/tcp",
            internal("daytime", port=4000), quiet(), deny="daytime: ALL\n"),
    wrapped("a redirect goes by its name", "reason libwrap; redirect",
            service(server=None, server_args=None, redirect="127.0.0.1 4100", flags="IPv4"),
            quiet(), deny="a: ALL\n", differs={"records": "D10"}),
    wrapped("twist serves in place of the server", "libwrap", service(flags="IPv4"), quiet(),
            deny="echo: ALL: twist /bin/echo twisted %d\n"),
    wrapped("names of hosts in the rules", "reason libwrap", service(flags="IPv4", **CAT),
            by("127.0.0.5", "127.0.0.9"), deny="cat: five.example.test\n",
            differs={"records": "D10"}),
]

WITH_ID = {"log_on_success": "PID HOST EXIT DURATION USERID"}


def asked(name, covers, text, reply, script=None, **more):
    """A case with an ident server at 127.0.0.2, where the client comes from."""
    client = script or quiet(source="127.0.0.2")

    def prepare(run):
        if reply is not None:
            run.extra.append(Ident("127.0.0.2", reply))

    def seen(run):
        return client(run), run.extra[0].queries if run.extra else None
    return case(name, covers, BASE + text, seen, prepare=prepare, **more)


IDENT = [
    asked("the name of the client's user is logged", "log_on_success; record USERID",
          service(**WITH_ID), "{pair} : USERID : UNIX : joe\r\n"),
    asked("an answer with a character set", "record USERID", service(flags="IPv4", **WITH_ID),
          "{pair}:USERID:OTHER,US-ASCII:a b c\r\n"),
    asked("no ident server", "log_on_success; record USERID", service(**WITH_ID), None),
    asked("an ident server that knows nobody", "record USERID", service(**WITH_ID),
          "{pair} : ERROR : NO-USER\r\n"),
    asked("an answer without its end", "record USERID", service(**WITH_ID),
          "{pair} : USERID : UNIX : joe"),
    asked("an answer about other ports", "record USERID", service(**WITH_ID),
          "1 , 2 : USERID : UNIX : joe\r\n"),
    asked("an answer with control characters", "record USERID", service(**WITH_ID),
          "{pair} : USERID : UNIX : joe\x07\x1b[1m\r\n", differs={"records": "S16"}),
    asked("IDONLY and a client that has a name", "flag IDONLY; record USERID",
          service(flags="IDONLY", **WITH_ID), "{pair} : USERID : UNIX : joe\r\n"),
    asked("IDONLY and no ident server", "flag IDONLY; record NOID",
          service(flags="IDONLY", **WITH_ID), None, differs={"records": "D10"}),
    asked("IDONLY and a bad answer", "flag IDONLY; record NOID",
          service(flags="IDONLY", **WITH_ID), "{pair} : ERROR : HIDDEN-USER\r\n",
          differs={"records": "D10"}),
    asked("IDONLY without USERID is passed over", "flag IDONLY", service(flags="IDONLY"), None),
    asked("USERID of a failure", "log_on_failure; record USERID; reason service_limit",
          service(instances=0, log_on_failure="HOST USERID"), "{pair} : USERID : UNIX : joe\r\n",
          unordered=True),
    asked("USERID of a refused address asks nobody", "log_on_failure; reason address",
          service(no_access="127.0.0.2", log_on_failure="HOST USERID"),
          "{pair} : USERID : UNIX : joe\r\n", differs={"records": "D10"}),
]

# A member has records of its own.
MEMBER = {"records": "D18"}
MUX = internal("tcpmux", port=4000, user="root")


def member(name="tool", **attributes):
    return service(name, **({"type": "TCPMUX UNLISTED", "port": None} | attributes))


def muxed(name, covers, text, request, **more):
    return case(name, covers + "; internal tcpmux/tcp", BASE + MUX + text,
                talk(request, half_close=False), **more)


TCPMUX = [
    muxed("tcpmux: a service of type TCPMUX", "type TCPMUX", member(), b"tool\r\n",
          differs=MEMBER),
    muxed("tcpmux: a service of type TCPMUXPLUS", "type TCPMUXPLUS",
          member(type="TCPMUXPLUS UNLISTED"), b"tool\r\n", differs={"seen": "D18"} | MEMBER),
    muxed("tcpmux: in any case", "type TCPMUX", member(), b"TOOL\r\n", differs=MEMBER),
    muxed("tcpmux: an unknown name", "type TCPMUX", member(), b"nothing\r\n",
          differs={"seen": "D18"}),
    muxed("tcpmux: the list of services", "type TCPMUX", member(), b"help\r\n",
          differs={"seen": "D18"}),
    muxed("tcpmux: a service of another type", "type UNLISTED",
          service("other", port=4001), b"other\r\n", differs={"seen": "D18"}),
    muxed("tcpmux: the member's own list", "type TCPMUX; no_access",
          member(no_access="127.0.0.1"), b"tool\r\n", differs=MEMBER),
    case("tcpmux: what the member's handler finds", "type TCPMUX; internal tcpmux/tcp; user",
         BASE + MUX + member(server="/tmp/probe/in.probed", server_args="x", user="alice",
                             group="readers", groups="yes", umask="027", nice=3, env="A=1"),
         look(request=b"tool\r\n", half_close=False), differs=MEMBER),
]

RPC = [
    case("an RPC service without a portmapper", "type RPC; rpc_version",
         BASE + service("rstatd", type="RPC", port=None, rpc_version="2-3",
                        socket_type="dgram", protocol="udp", wait="yes")
         + service("b", port=4001), listening),
    case("an unlisted RPC service without its number", "type RPC; rpc_number",
         BASE + service(type="RPC UNLISTED", port=None, rpc_version="1")
         + service("b", port=4001), listening),
    case("an RPC service that no database lists", "type RPC",
         BASE + service("nosuchrpc", type="RPC", port=None, rpc_version="1")
         + service("b", port=4001), listening),
    case("an RPC service without versions", "type RPC; rpc_version",
         BASE + service(type="RPC UNLISTED", port=None, rpc_number="600000001")
         + service("b", port=4001), listening),
]

INTERCEPT = [
    case("INTERCEPT for a datagram service", "flag INTERCEPT; wait",
         BASE + service(wait="yes", socket_type="dgram", protocol="udp", flags="INTERCEPT",
                        server="/usr/bin/python3",
                        server_args="-I -S /tmp/home/waiting_server.py serve 1"),
         ask(b"one", seconds=1), differs={"seen": "D20", "records": "D20", "messages": "D20"},
         tidy=False),
]


def inetd(name, lines, script, text=BASE, **more):
    """A case with /etc/inetd.conf."""
    return case(name, "option -inetd_compat", text, script, options=("-inetd_compat",),
                prepare=lambda _: pathlib.Path("/etc/inetd.conf").write_text(lines), **more)


ALONE = service("b", port=4001)
INETD = [
    inetd("inetd.conf: an entry", "finger stream tcp nowait root /bin/echo echo hello world\n",
          talk(port=79)),
    inetd("inetd.conf: another user", "finger stream tcp nowait alice /tmp/probe/in.probed probe x\n",
          look(79)),
    inetd("inetd.conf: user and group", "finger stream tcp nowait nobody.daemon "
          "/tmp/probe/in.probed probe\n", look(79)),
    inetd("inetd.conf: comments and blank lines", "# x\n\n  # y\nfinger stream tcp nowait root "
          "/bin/echo echo hello\n", talk(port=79)),
    inetd("inetd.conf: internal services", "daytime stream tcp nowait root internal\n"
          "time dgram udp wait root internal\n",
          lambda run: (len(run.talk(13, half_close=False).data), len(run.ask(37, b"x")))),
    inetd("inetd.conf: defaults of the main file", "finger stream tcp nowait root /bin/echo echo "
          "hello\n", quiet(port=79), text=defaults(instances=0)),
    inetd("inetd.conf: lists of defaults", "finger stream tcp nowait root /bin/echo echo hello\n",
          quiet(port=79), text=defaults(only_from="192.0.2.9"),
          differs={"seen": "S3", "records": "S3"}),
    inetd("inetd.conf: an unknown service", "nosuchservice stream tcp nowait root /bin/echo echo\n",
          listening, text=BASE + ALONE),
]

CASES = WRAPPERS + IDENT + TCPMUX + RPC + INTERCEPT + INETD
