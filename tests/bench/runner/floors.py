# SPDX-License-Identifier: BSD-2-Clause
"""The least this system can do: what is measured beside the servers."""
from .peer import Peer


class Direct(Peer):
    """No server at all: iperf3 speaks to iperf3."""

    kind = "floor"
    package = "iperf3"
    binaries = ("iperf3",)

    def command(self, site, work):
        return self.listening(site, site.port) if work.kind == "relay" else None

    def listening(self, site, port):
        return [self.find(site, "iperf3"), "-s", "-4", "-p", str(port)]

    def client(self, site, seconds):
        program = self.find(site, "iperf3")
        return [program, "-4", "-J", "-c", "127.0.0.1", "-p", str(site.port), "-t", str(seconds)]


class Floor(Peer):
    """The least this system can do: programs of this directory."""

    kind = "floor"

    def __init__(self, name, arguments, note="", reaps=False):
        super().__init__(name, note)
        self.arguments = arguments
        self.reaps = reaps

    def missing(self, site):
        program = site.programs / f"usherd-{self.name}"
        return None if program.exists() else f"{program} is not built"

    def command(self, site, work):
        if work.limited or (arguments := self.arguments(site, work)) is None:
            return None
        program = str(site.programs / f"usherd-{self.name}")
        return [program, str(self.port(site, work)), *map(str, arguments)]


def _spawn(site, work):
    return [site.handler] if work.kind == "spawn" else None


def _parallel(site, work):
    return [site.handler, site.workers] if work.kind == "spawn" else None


def _accept(site, work):
    length_of_a_date = 26  # "21 NOV 2026 00:04:38 UTC", end of line
    answers = {"refuse": 0, "spawn": 3, "daytime": length_of_a_date}
    return [answers[work.kind]] if work.kind in answers else None


def _services(site, work):
    if work.kind != "services":
        return None
    site.added.mkdir(exist_ok=True)
    return [site.services(work.size), site.added]


def floors():
    """In the order of the tables."""
    return [
        Floor("floor-vfork", _spawn, "one thread"),
        Floor("floor-parallel", _parallel, "as many threads as processors"),
        Floor("floor-duties", _parallel,
              "the same with session, descriptors, limits, environment, wait4", reaps=True),
        Floor("floor-loop", _spawn,
              "an event loop with usherd's system calls and the same duties", reaps=True),
        Floor("floor-accept", _accept, "no process", reaps=True),
        Floor("floor-echo", lambda site, work: [] if work.kind == "echo" else None,
              "recvfrom, sendto", reaps=True),
        Floor("floor-services", _services,
              "reads the files, listens, watches; reload: stat of each file", reaps=True),
        Direct("floor-direct", "no server between"),
    ]  # fmt: skip
