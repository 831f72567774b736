# SPDX-License-Identifier: BSD-2-Clause
#
# The services of the soak: one of each kind that the daemon has, and two that reloads change.

import pathlib

from harness.config import defaults, internal, service
from harness.sandbox import WORK

HANDLER = WORK / "handler"
DROP_INS = WORK / "conf.d"
UNIX_SOCKET = WORK / "unix.sock"
BANNERS = {name: WORK / name for name in ("greeting", "welcome", "goodbye")}

TCPMUX = 1
# Service -> port. Where two services share a conversation (relay and its target) both count.
PORTS = {name: 4000 + number for number, name in enumerate((
    "hello", "complain", "hold", "runtime", "datagram", "accept", "echo", "daytime", "chargen",
    "echo-udp", "time-udp", "relay", "target", "queue", "refuse", "source", "rate", "denied",
    "banner", "trap", "rude", "wrapped"))}
GUEST = 4100
MOVER = (4101, 4102)

# Of these the daemon counts what it hands over, which may serve several clients: no lower bound.
LOOSE = {"accept", "mover"}
# These come and go; their counts begin anew.
UNCOUNTED = {"guest"}


def handler(name, mode, **attributes):
    basic = {"port": PORTS.get(name), "server": HANDLER, "server_args": mode, "flags": "IPv4",
             "id": name}
    return service(name, **(basic | attributes))


def inside(kind, name, socket_type="stream", **attributes):
    return internal(kind, socket_type, **({"id": name, "port": PORTS[name], "flags": "IPv4"}
                                          | attributes))


def configuration():
    everything = [
        defaults(cps="0 0", instances="UNLIMITED", stderr="log"),
        handler("hello", "hello"),
        handler("complain", "complain"),
        handler("unix", "hello", port=None, listen=f"unix:{UNIX_SOCKET}", flags=None),
        handler("hold", "hold"),
        handler("runtime", "hold", max_runtime="1", kill_grace="1"),
        handler("datagram", "datagram", socket_type="dgram", protocol="udp", wait="yes"),
        handler("accept", "accept", wait="yes"),
        inside("echo", "echo"),
        inside("daytime", "daytime"),
        inside("chargen", "chargen"),
        inside("echo", "echo-udp", "dgram"),
        inside("time", "time-udp", "dgram", no_access="127.0.4.0/24"),
        handler("relay", None, server=None, redirect=f"127.0.0.1 {PORTS['target']}"),
        inside("echo", "target"),
        internal("tcpmux", id="tcpmux", port=TCPMUX, user="root", flags="IPv4"),
        handler("muxed", "hello", type="TCPMUX UNLISTED", port=None),
        handler("queue", "hold", instances=2, limit_action="queue"),
        handler("refuse", "hold", instances=1),
        handler("source", "hold", per_source=1),
        handler("rate", "hello", cps="5 1", cps_action="refuse"),
        handler("denied", "hello", only_from="127.0.0.0/29", no_access="127.0.0.8"),
        handler("banner", "hello", banner=BANNERS["greeting"], banner_success=BANNERS["welcome"],
                banner_fail=BANNERS["goodbye"], no_access="127.0.4.0/24"),
        handler("trap", "hello", flags="IPv4 SENSOR", deny_time=1),
        handler("rude", "hello"),
        handler("wrapped", "hello", libwrap="soak-wrapped"),
        f"includedir {DROP_INS}\n",
    ]
    return "".join(everything)


def prepare(built_handler):
    WORK.mkdir(exist_ok=True)
    DROP_INS.mkdir()
    HANDLER.write_bytes(pathlib.Path(built_handler).read_bytes())
    HANDLER.chmod(0o755)
    for name, path in BANNERS.items():
        path.write_text(f"{name}\n")
    pathlib.Path("/etc/hosts.deny").write_text("soak-wrapped: 127.0.3.\n")


def mover_port(turn):
    return MOVER[turn // 4 % 2]


def rewrite(turn):
    """The drop-ins of a reload: a guest that comes and goes, a service whose arguments change, and,
    every fourth time, one that moves."""
    guest = DROP_INS / "guest"
    if turn % 2:
        guest.write_text(handler("guest", "hello", port=GUEST))
    else:
        guest.unlink(missing_ok=True)
    (DROP_INS / "mover").write_text(
        handler("mover", "hello", port=mover_port(turn), nice=turn % 3))
