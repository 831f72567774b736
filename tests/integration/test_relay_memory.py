# SPDX-License-Identifier: BSD-2-Clause
#
# What thousands of idle relays cost the daemon.

import os
import resource
import socket
import threading

SANITIZED = bool(os.environ.get("USHERD_SANITIZE"))
RELAYS = 500 if SANITIZED else 5000
os.environ["USHERD_ITEST_OPEN_FILES"] = str(2 * RELAYS + 1000)

import harness  # noqa: F401, E402  (enters the sandbox)
from harness import client  # noqa: E402
from harness.case import USHERD, IntegrationCase, wait  # noqa: E402
from harness.config import defaults, service  # noqa: E402

SPARE = 3  # descriptors of a client that is just being told goodbye
MOST_BYTES = 5000  # of the daemon's memory, for each
TO_HERE = {"server": None, "server_args": None, "redirect": "127.0.0.1 4100", "cps": "0 0",
           "instances": "UNLIMITED", "per_source": "UNLIMITED", "log_on_success": ""}


def resident(pid):
    """Bytes of memory that the process has."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


class Target:
    """Answers the first byte of each connection, and keeps all of them."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 4100), backlog=RELAYS)
        self.held = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            if connection.recv(1) == b"q":
                connection.close()
                return
            connection.sendall(b"y")
            self.held.append(connection)

    def let_go(self):
        for connection in self.held:
            connection.close()

    def close(self):
        with socket.create_connection(("127.0.0.1", 4100)) as last:
            last.sendall(b"q")
        self.thread.join()
        self.let_go()
        self.listener.close()


class Memory(IntegrationCase):
    def test_five_thousand_idle_relays_cost_less_than_5_kilobytes_each(self):
        target = Target()
        self.addCleanup(target.close)
        subject = self.started(USHERD, defaults() + service(**TO_HERE))
        before = resident(subject.pid)
        at_rest = len(os.listdir(f"/proc/{subject.pid}/fd"))
        held = []
        try:
            for _ in range(RELAYS):
                connection = client.connect(4000)
                held.append(connection)
                connection.sendall(b"x")
                self.assertEqual(client.read_some(connection, 1), b"y")
            each = (resident(subject.pid) - before) / RELAYS
            print(f"{RELAYS} relays, {each:.0f} bytes each", flush=True)
            self.assertEqual(subject.handlers(), [])
            if not SANITIZED:
                self.assertLess(each, MOST_BYTES)
        finally:
            target.let_go()
            for connection in held:
                connection.close()
        wait.wait_until(lambda: len(os.listdir(f"/proc/{subject.pid}/fd")) <= at_rest + SPARE,
                        "all relays are over", 120)
