# SPDX-License-Identifier: BSD-2-Clause
#
# Under load: thousands of connections to a service with few instances, reloads while clients
# connect, and servers that are killed at random.

import collections
import os
import random
import shutil
import signal
import socket
import struct
import threading
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client, sandbox
from harness.case import USHERD, WORK, XINETD, IntegrationCase, on, processes, wait
from harness.config import service

CONNECTIONS = int(os.environ.get("USHERD_ITEST_CONNECTIONS", "5000"))
KILLS = int(os.environ.get("USHERD_ITEST_KILLS", "1000" if sandbox.SANITIZED else "10000"))
AT_A_TIME = 32
INSTANCES = 8
PORT = 4000

SERVICE = """
defaults
{
    log_type = FILE @DIR@/records
    log_on_success = PID HOST EXIT
    log_on_failure = HOST
}
service slots
{
    type = UNLISTED
    socket_type = stream
    wait = no
    port = 4000
    bind = 127.0.0.1
    user = root
    server = /tmp/work/slot-handler
    server_args = /tmp/work/slots %(instances)d
    instances = %(instances)d
    cps = 0 0
    %(more)s
}
"""


class LoadCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        built = sandbox.BINARIES / "usherd-slot-handler"
        if not built.exists():
            self.require(USHERD)
        shutil.copy(built, WORK / "slot-handler")
        (WORK / "slots").mkdir()

    def storm(self, count, at_a_time):
        """`count` connections, each read to its first line and closed; @return what they got."""
        seen = collections.Counter()
        todo = threading.Semaphore(count)
        lock = threading.Lock()

        def run():
            while todo.acquire(blocking=False):
                with client.connect(PORT, seconds=60) as connection:
                    try:
                        line = connection.recv(64)
                    except ConnectionResetError:
                        line = b"reset"
                kind = "served" if line.strip().isdigit() else line.decode().strip() or "closed"
                with lock:
                    seen[kind] += 1
        workers = [threading.Thread(target=run) for _ in range(at_a_time)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return seen

    def most_at_once(self, records):
        """Servers between START and EXIT, as the log tells it."""
        running = most = 0
        for line in records:
            running += line.startswith("START") - line.startswith("EXIT")
            most = max(most, running)
        self.assertEqual(running, 0, "every START has its EXIT")
        return most


class Instances(LoadCase):
    def test_with_queue_all_are_served_and_never_more_than_eight_are_alive(self):
        subject = self.started(USHERD, SERVICE % {"instances": INSTANCES,
                                                  "more": "limit_action = queue"})
        before = processes.descriptors(subject.pid)
        seen = self.storm(CONNECTIONS, AT_A_TIME)
        self.assertEqual(seen, {"served": CONNECTIONS})
        subject.wait_idle()
        records = subject.wait_for_records(2 * CONNECTIONS)
        self.assertEqual(len(records), 2 * CONNECTIONS)
        self.assertLessEqual(self.most_at_once(records), INSTANCES)
        self.assertEqual(processes.descriptors(subject.pid).keys(), before.keys())

    @on(XINETD, USHERD)
    def test_with_refuse_accepted_and_refused_add_up(self, kind):
        subject = self.started(kind, SERVICE % {"instances": INSTANCES, "more": ""})
        before = processes.descriptors(subject.pid)
        seen = self.storm(CONNECTIONS, AT_A_TIME)
        self.assertEqual(seen["overflow"], 0, "never more than eight alive")
        self.assertEqual(seen["served"] + seen["closed"], CONNECTIONS, seen)
        subject.wait_idle()
        records = subject.wait_for_records(CONNECTIONS + seen["served"])
        verbs = collections.Counter(" ".join(line.split()[:3])
                                    if line.startswith("FAIL") else line.split()[0]
                                    for line in records)
        self.assertEqual(verbs, {"START:": seen["served"], "EXIT:": seen["served"],
                                 "FAIL: slots service_limit": seen["closed"]})
        self.assertLessEqual(self.most_at_once(records), INSTANCES)
        self.assertEqual(processes.descriptors(subject.pid).keys(), before.keys())


class Reload(LoadCase):
    OTHER = """
service other%(number)d
{
    type = UNLISTED
    socket_type = stream
    wait = no
    port = %(port)d
    user = root
    server = /bin/echo
    server_args = %(text)s
}
"""

    def rewrite(self, turn):
        """Each turn one service comes, one goes, one changes its arguments, two their port."""
        directory = WORK / "conf.d"
        keep = {number: f"{turn}" for number in range(turn, turn + 4)}
        for path in directory.iterdir():
            if int(path.name[5:]) not in keep:
                path.unlink()
        for number, text in keep.items():
            port = 5000 + number % 20 + (20 if number == turn + 1 else 0)
            (directory / f"other{number}").write_text(
                self.OTHER % {"number": number, "port": port, "text": text})

    @on(USHERD)
    def test_fifty_reloads_refuse_and_reset_nobody(self, kind):
        (WORK / "conf.d").mkdir()
        self.rewrite(0)
        subject = self.started(kind, SERVICE % {"instances": 100, "more": ""}
                               + "includedir /tmp/work/conf.d\n")
        descriptors = len(processes.descriptors(subject.pid))
        stop = threading.Event()
        seen = collections.Counter()
        lock = threading.Lock()

        def connect_in_a_loop():
            while not stop.is_set():
                try:
                    with client.connect(PORT, seconds=10) as connection:
                        result = "served" if connection.recv(64).strip().isdigit() else "closed"
                except OSError as error:
                    result = type(error).__name__
                with lock:
                    seen[result] += 1
        workers = [threading.Thread(target=connect_in_a_loop) for _ in range(4)]
        for worker in workers:
            worker.start()
        try:
            for turn in range(1, 51):
                self.rewrite(turn)
                said = subject.reload()
                self.assertEqual(said, "Reconfigured: new=3 old=2 dropped=3 (services)")
                answer = client.exchange(5000 + (turn + 3) % 20).data
                self.assertEqual(answer, f"{turn}\n".encode())
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertEqual(seen.keys(), {"served"}, seen)
        self.assertGreater(seen["served"], 50)
        subject.wait_idle()
        self.assertEqual(len(processes.descriptors(subject.pid)), descriptors)


class Fairness(LoadCase):
    """A busy listener starves nobody, and peers that vanish do no harm."""

    def test_a_flooded_service_does_not_hold_up_another(self):
        text = SERVICE % {"instances": 100, "more": "no_access = 127.0.0.1"}
        subject = self.started(USHERD, text + service("b", port=4001, cps="0 0"))
        stop = threading.Event()

        def flood():
            while not stop.is_set():
                client.exchange(PORT)
        workers = [threading.Thread(target=flood) for _ in range(8)]
        for worker in workers:
            worker.start()
        try:
            slowest = 0.0
            for _ in range(50):
                began = time.monotonic()
                self.assertEqual(client.exchange(4001).data, b"hello\n")
                slowest = max(slowest, time.monotonic() - began)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertLess(slowest, 10)
        subject.wait_for_record("EXIT: b", 50)

    @on(XINETD, USHERD)
    def test_clients_that_reset_at_once_leave_nothing(self, kind):
        subject = self.started(kind, SERVICE % {"instances": 100, "more": ""})
        before = processes.descriptors(subject.pid)
        for _ in range(300):
            connection = client.connect(PORT)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        wait.wait_until(lambda: processes.not_accepted(PORT) == 0, "every one accepted")
        subject.wait_idle()
        self.assertEqual(self.storm(10, 2), {"served": 10})
        subject.wait_idle()
        self.assertEqual(processes.descriptors(subject.pid).keys(), before.keys())


class Kills(LoadCase):
    POOL = 48

    @on(XINETD, USHERD)
    def test_servers_killed_at_random_leave_nothing_behind(self, kind):
        subject = self.started(kind, SERVICE % {"instances": self.POOL,
                                                "more": f"per_source = {self.POOL}"})
        kills = KILLS if kind == USHERD else min(KILLS, 1000)
        before = processes.descriptors(subject.pid)
        chance = random.Random(4711)
        pool = []
        for _ in range(kills):
            while len(pool) < self.POOL // 2:
                pool.append(self.held())
            connection, pid = pool.pop(chance.randrange(len(pool)))
            os.kill(pid, signal.SIGKILL)
            connection.close()
        self.assertEqual(len(pool), self.POOL // 2 - 1)
        for connection, _ in pool:
            connection.close()
        subject.wait_idle()
        ends = collections.Counter(line.split(" pid=")[0] for line in subject.wait_for_record(
            "EXIT: slots", kills + len(pool)))
        self.assertEqual(ends, {"EXIT: slots signal=9": kills, "EXIT: slots status=0": len(pool)})
        self.assertEqual(processes.descriptors(subject.pid).keys(), before.keys())
        self.fill_exactly(subject)

    def held(self):
        """A connection whose server says its pid and stays."""
        while True:
            connection = client.connect(PORT)
            line = connection.recv(64)
            if line.strip().isdigit():
                return connection, int(line)
            # The place of a server that was just killed may not be free yet.
            connection.close()

    def fill_exactly(self, subject):
        """The counts are zero: exactly as many are let in as may be."""
        refused = len([line for line in subject.records() if line.startswith("FAIL")])
        pool = [client.connect(PORT) for _ in range(self.POOL)]
        for connection in pool:
            self.assertTrue(connection.recv(64).strip().isdigit())
        self.assertEqual(client.exchange(PORT), client.Reply(b"", "eof"))
        subject.wait_for_record("FAIL: slots service_limit", refused + 1)
        for connection in pool:
            connection.close()
        subject.wait_idle()
