# SPDX-License-Identifier: BSD-2-Clause
"""Starts a server, loads it, stops it; rounds of that, interleaved."""
import itertools
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .peers import Direct, Site

READY_SECONDS = 5.0
LOAD_SECONDS = 120.0


class Unusable(Exception):
    """A server did not start, or the load against it could not be run."""


class Unable(Unusable):
    """A server has no such work: nothing is wrong."""


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
    result: dict  #: the JSON of usherd-load


def _is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class RunningServer:
    """A started peer, in a process group of its own that ends with it."""

    def __init__(self, peer, site, work):
        self.peer = peer
        command = peer.command(site, work)
        if command is None:
            raise Unable(f"cannot {work}")
        self.log = site.directory / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=peer.environment(site), cwd="/", start_new_session=True,
            )  # fmt: skip
        self.wait_until_ready(site.port)

    def wait_until_ready(self, port):
        deadline = time.monotonic() + READY_SECONDS
        while not _is_listening(port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                tail = self.log.read_text(errors="replace").strip().splitlines()[-3:]
                raise Unusable("did not start: " + " / ".join(tail))
            time.sleep(0.01)

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        self.peer.clean_up()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _has_listener(port):
    """Without connecting: iperf3 would take that for its one client."""
    listening = "0A"
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == listening and words[1].endswith(f":{port:04X}"):
                return True
    return False


class Target:
    """An iperf3 behind the server. floor-direct is one itself and does not need it."""

    def __init__(self, iperf, site):
        self.process = subprocess.Popen(
            iperf.listening(site, site.target_port), env=iperf.environment(site),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + READY_SECONDS
        while not _has_listener(site.target_port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unusable("the iperf3 behind it did not start")
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def transfer(site, scenario, share):
    """One stream through the server. @return what usherd-load would say, as far as it applies"""
    seconds = max(1, round(scenario.seconds * share))
    iperf = Direct("iperf3")
    with Target(iperf, site):
        for _ in range(10):  # it is busy for a moment with the connection that found it ready
            done = subprocess.run([*iperf.client(site, seconds), *scenario.load],
                                  env=iperf.environment(site), capture_output=True, text=True,
                                  timeout=LOAD_SECONDS, check=False)  # fmt: skip
            result = json.loads(done.stdout or "{}")
            if "error" not in result and result:
                break
            time.sleep(0.2)
        else:
            raise Unusable(f"iperf3: {result.get('error') or done.stderr.strip()}")
    rate = result["end"]["sum_received"]["bits_per_second"] / 8e6
    return {"megabytes_per_second": rate, "offered": 1, "errors": {}}


_ports = itertools.count(7000)  # a new one each time: no TIME_WAIT of the one before


def measure(places, peer, scenario, share, number):
    """One start, one load, one stop. Raises Unusable."""
    with tempfile.TemporaryDirectory(dir=places.scratch) as directory:
        os.chmod(directory, 0o755)
        site = Site(places.programs, places.unpacked, Path(directory), next(_ports), places.workers)
        with RunningServer(peer, site, scenario.work):
            if scenario.work == "relay":
                return Measurement(scenario.name, peer.name, number,
                                   transfer(site, scenario, share))  # fmt: skip
            load = [str(places.programs / "usherd-load"), *scenario.load_options(share)]
            done = subprocess.run(
                [*load, str(site.port)],
                capture_output=True, text=True, timeout=LOAD_SECONDS, check=False,
            )  # fmt: skip
        if not done.stdout.startswith("{"):
            raise Unusable(f"usherd-load: {done.stderr.strip()}")
        return Measurement(scenario.name, peer.name, number, json.loads(done.stdout))


def run_rounds(places, peers, scenarios, rounds, share, say):
    """Every peer once in each round, the order turned around in every other one: whatever drifts
    meanwhile meets all of them alike. Peers that cannot do a scenario are left out of it.
    @return measurements, and lines that say what could not be measured"""
    measurements, failures, unable = [], [], set()
    for number in range(1, rounds + 1):
        order = peers if number % 2 else peers[::-1]
        for scenario in scenarios:
            for peer in order:
                if (scenario.name, peer.name) in unable:
                    continue
                try:
                    one = measure(places, peer, scenario, share, number)
                except Unable as why:
                    unable.add((scenario.name, peer.name))
                    if peer.kind != "floor":
                        failures.append(f"{peer.name} in {scenario.name}: {why}")
                except (Unusable, subprocess.SubprocessError, OSError) as why:
                    failures.append(f"{peer.name} in {scenario.name}, round {number}: {why}")
                    say(failures[-1])
                else:
                    measurements.append(one)
                    say(_progress(number, one))
    return measurements, failures


def _progress(number, one):
    if "megabytes_per_second" in one.result:
        rate = one.result["megabytes_per_second"]
        return f"round {number} {one.scenario:10} {one.peer:24} {rate:>9,.0f} MB/s"
    times = one.result["microseconds"]
    errors = {k: v for k, v in one.result["errors"].items() if v}
    return (
        f"round {number} {one.scenario:10} {one.peer:24} {one.result['per_second']:>9,.0f}/s"
        f"  p50 {times['p50'] or 0:>8,.0f} µs  p99.9 {times['p99.9'] or 0:>8,.0f} µs"
        + (f"  errors {errors}" if errors else "")
    )
