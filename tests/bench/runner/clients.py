# SPDX-License-Identifier: BSD-2-Clause
"""Clients: usherd-load, iperf3 through a relay, and those that connect and stay."""
import contextlib
import json
import socket
import subprocess
import time

from .floors import Direct
from .probes import listening_ports
from .server import READY_SECONDS, Unusable

LOAD_SECONDS = 300.0
IP_BIND_ADDRESS_NO_PORT = 24
HELD_SOURCES = 1000
PACE = 32  #: of those that stay: so many are on their way at a time


def offer(site, port, options, address="127.0.0.1"):
    """usherd-load. @return what it says"""
    done = subprocess.run(
        [str(site.programs / "usherd-load"), *map(str, options), f"{address}:{port}"],
        capture_output=True, text=True, timeout=LOAD_SECONDS, check=False,
    )  # fmt: skip
    return _parsed(done.stdout, done.stderr)


def _parsed(output, errors):
    if not output.startswith("{"):
        raise Unusable(f"usherd-load: {errors.strip()}")
    return json.loads(output)


@contextlib.contextmanager
def offering(site, port, options, result):
    """The same beside what the caller does; fills `result` at its end."""
    process = subprocess.Popen(
        [str(site.programs / "usherd-load"), *map(str, options), str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield
        output, errors = process.communicate(timeout=LOAD_SECONDS)
        result.update(_parsed(output, errors))
    finally:
        process.kill()
        process.wait()


class Target:
    """An iperf3 behind the server. floor-direct is one itself and does not need it."""

    def __init__(self, iperf, site):
        self.process = subprocess.Popen(
            iperf.listening(site, site.target_port), env=iperf.environment(site),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + READY_SECONDS
        while site.target_port not in listening_ports():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise Unusable("the iperf3 behind it did not start")
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def transfer(site, seconds, options):
    """One stream through the server. @return MB/s"""
    iperf = Direct("iperf3")
    with Target(iperf, site):
        for _ in range(10):  # it is busy for a moment with the connection that found it ready
            done = subprocess.run([*iperf.client(site, seconds), *options],
                                  env=iperf.environment(site), capture_output=True, text=True,
                                  timeout=LOAD_SECONDS, check=False)  # fmt: skip
            result = json.loads(done.stdout or "{}")
            if "error" not in result and result:
                return result["end"]["sum_received"]["bits_per_second"] / 8e6
            time.sleep(0.2)
    raise Unusable(f"iperf3: {result.get('error') or done.stderr.strip()}")


class Crowd:
    """Connections that stay, until the context ends."""

    def __init__(self, port, first_byte):
        self.port = port
        self.first_byte = first_byte  #: whether the server sends one when it is there
        self.sockets = []

    def grow(self, count):
        """Until there are `count`, each served: its first byte is here."""
        while len(self.sockets) < count:
            more = [self._connect() for _ in range(min(PACE, count - len(self.sockets)))]
            for one in more:
                if self.first_byte and one.recv(1) != b"o":
                    raise Unusable("a handler that stays did not begin")

    def _connect(self):
        number = len(self.sockets) % HELD_SOURCES
        one = socket.socket()
        self.sockets.append(one)
        one.settimeout(10)
        one.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        one.bind((f"127.1.{number // 250}.{number % 250 + 1}", 0))
        one.connect(("127.0.0.1", self.port))
        return one

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()


class Silent:
    """Somebody behind a relay who takes connections and says nothing."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=4096)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
