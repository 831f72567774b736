# SPDX-License-Identifier: BSD-2-Clause
#
# The clients of the soak: for each service a few threads that come again and again, behave well or
# badly, and enter in the ledger how they fared.

import os
import random
import select
import signal
import socket
import struct
import threading
import time

from harness import status
from ledger import EITHER, LATER, MAYBE, NEVER, REFUSED, SERVED
from world import BANNERS, GUEST, PORTS, TCPMUX, UNIX_SOCKET

PATIENCE = 60
LOCAL = "127.0.0.1"


class Unexpected(Exception):
    """An answer that no service should have given."""


def connect(port, source=LOCAL):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE)
    try:
        connection.bind((source, 0))
        connection.connect((LOCAL, port))
    except OSError:
        connection.close()
        raise
    return connection


def read_all(connection):
    data = b""
    while True:
        chunk = connection.recv(4096)
        if not chunk:
            return data
        data += chunk


def read_line(connection):
    data = b""
    while not data.endswith(b"\n"):
        chunk = connection.recv(64)
        if not chunk:
            break
        data += chunk
    return data


def expect(seen, wanted, what):
    if seen != wanted:
        raise Unexpected(f"{what}: {seen!r} instead of {wanted!r}")


class Crowd:
    """@param status_path of the daemon's status socket. @param gate set while clients may come."""

    def __init__(self, ledger, status_path, rate):
        self.ledger = ledger
        self.status_path = status_path
        self.rate = rate
        self.gate = threading.Event()
        self.stopping = threading.Event()
        self.latencies = []
        self.mover_port = None
        self.guest_may_be_there = True
        self.threads = []
        self.touched = 0

    # -- one visit each

    def hello(self, service="hello", source=LOCAL):
        """A well-behaved client, who is served or refused."""
        begun = time.monotonic()
        with self.ledger.offer(service) as offer, connect(PORTS[service], source) as connection:
            seen = read_all(connection)
            offer.outcome = SERVED if seen else REFUSED
            if seen:
                expect(seen, b"hello\n", service)
        if service == "hello":
            self.latencies.append(time.monotonic() - begun)
        return bool(seen)

    def always(self, service):
        if not self.hello(service):
            raise Unexpected(f"{service} refused a client")

    def unix(self):
        with self.ledger.offer("unix") as offer, \
                socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(UNIX_SOCKET))
            expect(read_all(connection), b"hello\n", "unix")
            offer.outcome = SERVED

    def kill(self):
        """Kills his server, with SIGKILL or by way of the status socket."""
        with self.ledger.offer("hold") as offer, connect(PORTS["hold"]) as connection:
            pid = int(read_line(connection))
            offer.outcome = SERVED
            if random.random() < 0.8:
                os.kill(pid, signal.SIGKILL)
            else:
                self.ask_to_kill(pid)
            expect(read_all(connection), b"", "hold, killed")

    def ask_to_kill(self, pid):
        """The server may have spoken before the daemon heard that it was started."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = status.ask(self.status_path, f"/v1/connections/{pid}/kill", "POST")
            if answer.status == 200:
                return
            if answer.status != 404 or time.monotonic() > deadline:
                raise Unexpected(f"kill {pid}: {answer}")
            time.sleep(0.01)

    def overstay(self):
        begun = time.monotonic()
        with self.ledger.offer("runtime") as offer, connect(PORTS["runtime"]) as connection:
            int(read_line(connection))
            offer.outcome = SERVED
            expect(read_all(connection), b"", "runtime")
            if time.monotonic() - begun < 0.9:
                raise Unexpected("runtime: ended before its time")

    def datagram(self, service):
        with self.ledger.offer(service) as offer, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            payload = os.urandom(16)
            sender.bind((LOCAL, 0))
            sender.connect((LOCAL, PORTS[service]))
            sender.send(payload)
            if not select.select([sender], [], [], PATIENCE)[0]:
                raise Unexpected(f"{service}: a datagram without answer")
            expect(sender.recv(64), payload, service)
            offer.outcome = SERVED

    def denied_datagram(self):
        with self.ledger.offer("time-udp") as offer, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((f"127.0.4.{random.randint(1, 254)}", 0))
            sender.sendto(b"x", (LOCAL, PORTS["time-udp"]))
            offer.outcome = LATER

    def accept(self):
        with self.ledger.offer("accept") as offer, connect(PORTS["accept"]) as connection:
            expect(read_all(connection), b"hello\n", "accept")
            offer.outcome = EITHER

    def echo(self):
        with self.ledger.offer("echo") as offer, connect(PORTS["echo"]) as connection:
            self.talk(connection)
            offer.outcome = SERVED

    def talk(self, connection):
        payload = os.urandom(random.choice((1, 100, 5000)))
        connection.sendall(payload)
        connection.shutdown(socket.SHUT_WR)
        expect(read_all(connection), payload, "echo")

    def daytime(self):
        with self.ledger.offer("daytime") as offer, connect(PORTS["daytime"]) as connection:
            if not read_all(connection).endswith(b"\r\n"):
                raise Unexpected("daytime without a line")
            offer.outcome = SERVED

    def relay(self):
        with self.ledger.offer("relay") as offer, self.ledger.offer("target") as behind, \
                connect(PORTS["relay"]) as connection:
            self.talk(connection)
            offer.outcome = behind.outcome = SERVED

    def tcpmux(self):
        with self.ledger.offer("tcpmux") as offer, self.ledger.offer("muxed") as behind, \
                connect(TCPMUX) as connection:
            connection.sendall(b"muxed\r\n")
            expect(read_all(connection), b"hello\n", "tcpmux")
            offer.outcome = behind.outcome = SERVED

    def limited(self, service, source=LOCAL, seconds=0.05):
        with self.ledger.offer(service) as offer, connect(PORTS[service], source) as connection:
            line = read_line(connection)
            offer.outcome = SERVED if line else REFUSED
            if not line and service == "queue":
                raise Unexpected("queue refused a client")
            if line:
                time.sleep(random.uniform(0, seconds))
                connection.shutdown(socket.SHUT_WR)
                expect(read_all(connection), b"", service)

    def burst(self):
        for _ in range(8):
            self.hello("rate")

    def denied(self):
        source = random.choice((LOCAL, "127.0.0.8", "127.0.1.9"))
        if self.hello("denied", source) != (source == LOCAL):
            raise Unexpected(f"denied: the other way round for {source}")

    def banner(self):
        is_refused = random.random() < 0.3
        source = "127.0.4.9" if is_refused else LOCAL
        with self.ledger.offer("banner") as offer, connect(PORTS["banner"], source) as connection:
            names = ("greeting", "goodbye") if is_refused else ("greeting", "welcome")
            wanted = b"".join(BANNERS[name].read_bytes() for name in names)
            expect(read_all(connection), wanted + (b"" if is_refused else b"hello\n"), "banner")
            offer.outcome = REFUSED if is_refused else SERVED

    def trap(self):
        """Touches the sensor, and is refused everywhere from then on."""
        self.touched += 1
        source = f"127.77.{self.touched // 250 % 250}.{self.touched % 250 + 1}"
        with self.ledger.offer("trap") as offer, connect(PORTS["trap"], source) as connection:
            expect(read_all(connection), b"", "trap")
            offer.outcome = REFUSED
        if self.hello("hello", source):
            raise Unexpected(f"{source} touched the sensor and was served")

    def ban(self):
        source = f"127.78.{random.randint(0, 250)}.1"
        answer = status.ask(self.status_path, "/v1/bans", "POST",
                            {"source": f"{source}/32", "seconds": 30, "reason": "soak"})
        if answer.status not in (200, 201):
            raise Unexpected(f"ban: {answer}")
        if self.hello("hello", source):
            raise Unexpected(f"{source} is banned and was served")

    def rude(self):
        """Resets the connection at once, or once the server may have begun."""
        with self.ledger.offer("rude") as offer, connect(PORTS["rude"]) as connection:
            if random.random() < 0.5:
                time.sleep(0.001)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            offer.outcome = MAYBE

    def wrapped(self):
        self.hello("wrapped", random.choice((LOCAL, "127.0.3.9")))

    def moving(self, service, port):
        """A service that a reload may just have taken away or put elsewhere."""
        with self.ledger.offer(service) as offer:
            try:
                with connect(port) as connection:
                    seen = read_all(connection)
            except ConnectionRefusedError:
                offer.outcome = NEVER
                return
            except ConnectionResetError:
                return
            if seen not in (b"hello\n", b""):
                raise Unexpected(f"{service}: {seen!r}")

    def slow_reader(self):
        """Reads little of what never ends."""
        with self.ledger.offer("chargen") as offer, connect(PORTS["chargen"]) as connection:
            for _ in range(random.randint(3, 20)):
                if not connection.recv(10):
                    raise Unexpected("chargen ended")
                offer.outcome = SERVED
                if not self.pause(1):
                    break

    def silent(self):
        """Says nothing for a while."""
        with self.ledger.offer("echo") as offer, connect(PORTS["echo"]) as connection:
            self.pause(random.uniform(1, 20))
            self.talk(connection)
            offer.outcome = SERVED

    # -- readers of the status socket that do not behave

    def lazy_follower(self):
        """Asks for events and does not read them."""
        with status.raw(self.status_path) as connection:
            connection.sendall(b"GET /v1/events?follow=1&since=0 HTTP/1.1\r\nHost: u\r\n\r\n")
            self.pause(random.uniform(1, 40))

    def half_request(self):
        with status.raw(self.status_path) as connection:
            connection.sendall(b"GET /v1/sta")
            self.pause(random.uniform(0.1, 7))

    def browse(self):
        target = random.choice(("/metrics", "/v1/sources?top=50", "/v1/connections", "/v1/bans",
                                "/v1/services/hello", "/v1/events?since=0",
                                "/v1/explain?service=denied&from=127.0.0.8"))
        answer = status.ask(self.status_path, target)
        if answer.status != 200:
            raise Unexpected(f"GET {target}: {answer}")

    # -- pace

    def pause(self, seconds):
        """False once everybody is to leave."""
        deadline = time.monotonic() + seconds
        while self.gate.is_set() and time.monotonic() < deadline:
            self.stopping.wait(min(0.2, max(0, deadline - time.monotonic())))
        return self.gate.is_set()

    def every(self, seconds, visit, *arguments):
        """A thread that visits about every `seconds`, at the rate 1."""
        def run():
            while not self.stopping.is_set():
                self.gate.wait(0.5)
                if not self.gate.is_set():
                    continue
                try:
                    visit(*arguments)
                except Exception as problem:  # whatever it is, it is a finding
                    self.ledger.problem(f"{visit.__name__}{arguments}: {problem!r}")
                self.pause(random.expovariate(self.rate / seconds))
        self.threads.append(threading.Thread(target=run, daemon=True))

    def gather(self):
        for _ in range(3):
            self.every(0.1, self.always, "hello")
            self.every(0.25, self.limited, "refuse")
            self.every(3, self.slow_reader)
            self.every(3, self.silent)
        for _ in range(4):
            self.every(0.8, self.limited, "queue")
        for source in (LOCAL, LOCAL, "127.0.5.1"):
            self.every(0.4, self.limited, "source", source)
        for seconds, visit, *arguments in (
                (0.5, self.always, "complain"), (0.15, self.unix), (0.25, self.kill),
                (2, self.overstay), (0.2, self.datagram, "datagram"),
                (0.1, self.datagram, "echo-udp"), (0.2, self.denied_datagram), (0.1, self.accept),
                (0.5, self.accept), (0.1, self.echo), (0.15, self.daytime), (0.15, self.relay),
                (0.3, self.tcpmux), (2, self.burst), (0.1, self.denied), (0.25, self.banner),
                (5, self.trap), (2, self.ban), (0.1, self.rude), (0.3, self.wrapped),
                (0.3, self.moving, "guest", GUEST), (3, self.lazy_follower),
                (1, self.half_request), (1, self.browse)):
            self.every(seconds, visit, *arguments)
        self.every(0.3, lambda: self.moving("mover", self.mover_port))
        for thread in self.threads:
            thread.start()

    def leave(self):
        self.stopping.set()
        self.gate.clear()
        for thread in self.threads:
            thread.join(PATIENCE + 10)
