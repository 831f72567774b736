# SPDX-License-Identifier: BSD-2-Clause
"""What a server is told to do, and the files that say so to xinetd and usherd. Texts only; whoever
starts a server writes them."""
from dataclasses import dataclass

FIRST_SERVICE_PORT = 20000  #: of the many services; scripts/bench.sh keeps clients off 10000 to 49999


@dataclass(frozen=True)
class Work:
    """One kind of work and its size. Kinds: spawn (a handler for each connection), hold (handlers that
    run until the client ends), refuse, list (spawn, with `size` prefixes in only_from), daytime and
    echo (internal services), relay, services (`size` of them)."""

    kind: str
    size: int = 0  #: hold: handlers that run; list: prefixes; services: how many
    limited: bool = False  #: with per_source, and usherd's source_rate where there are no handlers

    def __str__(self):
        return self.kind


SPAWN = Work("spawn")
REFUSE = Work("refuse")
RELAY = Work("relay")
DAYTIME = Work("daytime")
ECHO = Work("echo")

COMMON = {"flags": "IPv4", "wait": "no", "user": "root", "disable": "no",
          "instances": "UNLIMITED", "per_source": "UNLIMITED",
          "cps": "0 0"}  # fmt: skip  # rate 0 turns the check off


def prefixes(count):
    """One less than so many different networks of 24 bits, as three numbers each; none is the clients'."""
    for number in range(count - 1):
        yield 128 + number // 65536, number // 256 % 256, number % 256


def list_lines(count):
    """only_from, `count` prefixes long, the clients' own at its end."""
    words = ["{}.{}.{}.0/24".format(*prefix) for prefix in prefixes(count)] + ["127.0.0.0/8"]
    return [" ".join(("    only_from", "=" if at == 0 else "+=", *words[at : at + 50]))
            for at in range(0, len(words), 50)]  # fmt: skip


def service(name, attributes, more=()):
    """A section of xinetd's syntax."""
    lines = [f"    {name} = {value}" for name, value in attributes.items()]
    return "\n".join([f"service {name}", "{", *lines, *more, "}", ""])


def one_service(work, site):
    """The file for every work but services: the same for xinetd and usherd."""
    name, more = "bench", ()
    attributes = {"type": "UNLISTED", "socket_type": "stream", "protocol": "tcp",
                  "port": site.port, **COMMON, "server": site.handler}  # fmt: skip
    if work.kind == "refuse":
        attributes["no_access"] = "127.0.0.0/8"
    elif work.kind == "relay":
        attributes["redirect"] = f"127.0.0.1 {site.target_port}"
    elif work.kind == "hold":
        attributes["server"] = site.holder
    elif work.kind == "list":
        more = list_lines(work.size)
    elif work.kind in ("daytime", "echo"):
        name = work.kind
        attributes["type"] = "INTERNAL UNLISTED"
        del attributes["server"]
    if work.kind == "echo":
        attributes |= {"socket_type": "dgram", "protocol": "udp", "wait": "yes"}
    if work.limited:
        attributes["per_source"] = 100000
    return service(name, attributes, more)


def many_services(directories):
    """The main file for services in files of their own."""
    defaults = {name: COMMON[name] for name in ("instances", "per_source", "cps")}
    lines = [f"    {name} = {value}" for name, value in defaults.items()]
    includes = [f"includedir {directory}" for directory in directories]
    return "\n".join(["defaults", "{", *lines, "}", *includes, ""])


def drop_in(number, site):
    """One of them. @return name of the file, its text"""
    name = f"s{number:05}"
    attributes = {"type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "flags": "IPv4",
                  "port": FIRST_SERVICE_PORT + number, "wait": "no", "user": "root",
                  "server": site.handler, "disable": "no"}  # fmt: skip
    return name, service(name, attributes)


def inetd_line(port, handler):
    return f"{port} stream tcp4 nowait.1000000000 root {handler} handler\n"
