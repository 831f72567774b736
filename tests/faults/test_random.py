# SPDX-License-Identifier: BSD-2-Clause
#
# The load of tests/soak with errors at random in every system call of the matrix; then without:
# everything is given back, everybody is served, every count is right, and the log has said what
# happened. USHERD_FAULTS_SECONDS: for so long; USHERD_FAULTS_SEED: with this chance;
# USHERD_FAULTS_PER_MILLION: so often.

import collections
import contextlib
import json
import os
import pathlib
import random
import select
import signal
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration"), str(HERE.parent / "soak")]

import harness  # noqa: E402,F401  (enters the sandbox)
from harness import sandbox, status  # noqa: E402
from harness.case import USHERD, WORK, IntegrationCase, processes, wait  # noqa: E402

import clients  # noqa: E402
import matrix  # noqa: E402
import world  # noqa: E402
from ledger import SERVED, Ledger  # noqa: E402
from shim import Faults  # noqa: E402

SECONDS = float(os.environ.get("USHERD_FAULTS_SECONDS", "30"))
SEED = int(os.environ.get("USHERD_FAULTS_SEED", "20"))
PER_MILLION = int(os.environ.get("USHERD_FAULTS_PER_MILLION", "5000"))
RATE = 2
# Nobody waits longer for his end, whatever fails: not half a minute even of a busy machine.
PATIENCE = 30
# What a client may see while calls fail, beside what the service says: nothing, or half of it.
UNLUCKY = (clients.Unexpected, OSError, ValueError, AssertionError)

# Call -> what the log says of it, where every error of it has to be told.
TOLD = {"clone": "fork failed", "child.execve": "execv(", "child.chdir": "directory failed",
        "child.setgroups": "groups failed", "child.prctl": "privileges failed", "epoll_ctl": "Epoll ADD",
        "sendmsg": "tcp_wrappers cannot be asked", "connect": "can't connect to remote host"}


class Unlucky(clients.Crowd):
    """Clients who know that the machine fails: what they see is no finding, but for waiting."""

    def gather(self):
        self.lock = threading.Lock()
        self.patient = collections.Counter()
        clients.PATIENCE = PATIENCE
        super().gather()

    def every(self, seconds, visit, *arguments):
        def careful():
            with contextlib.suppress(*UNLUCKY):
                try:
                    visit(*arguments)
                except TimeoutError:
                    with self.lock:
                        self.patient[f"{visit.__name__}{arguments}"] += 1
        careful.__name__ = visit.__name__
        super().every(seconds, careful)

    def datagram(self, service):
        """The answer may be lost."""
        with self.ledger.offer(service) as offer, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((clients.LOCAL, world.PORTS[service]))
            sender.send(b"anybody?")
            if select.select([sender], [], [], 1)[0] and sender.recv(64) == b"anybody?":
                offer.outcome = SERVED


class Events:
    """Follows the events, from where it was whenever the connection fails."""

    def __init__(self, status_path, daemon_pid):
        self.status_path = status_path
        self.daemon_pid = daemon_pid
        self.sums = collections.Counter()
        self.next = 0
        self.problems = []
        self.leaving = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.leaving.is_set():
            with contextlib.suppress(*UNLUCKY, Exception):
                self.follow()
            self.leaving.wait(0.02)

    def follow(self):
        connection = status.Connection(self.status_path)
        try:
            connection.request("GET", f"/v1/events?follow=1&since={self.next}")
            for line in connection.getresponse():
                if not line.endswith(b"\n"):
                    return  # cut off: it is asked for again
                self.take(json.loads(line))
        finally:
            connection.close()

    def take(self, event):
        if event["kind"] in ("missed", "dropped"):
            self.problems.append(event)
            return
        if event["seq"] < self.next:
            return
        if event["seq"] != self.next:
            self.problems.append((self.next, event))
        self.next = event["seq"] + 1
        is_process = event.get("pid") not in (None, self.daemon_pid)
        self.sums[event["kind"]] += 1
        if is_process and event["kind"] in ("started", "exited"):
            self.sums[f"process {event['kind']}"] += 1

    def up_to(self, following):
        wait.wait_until(lambda: self.next >= following,
                        lambda: f"event {following}, {self.next} is next")
        self.leaving.set()
        return self.sums


class AtRandom(IntegrationCase):
    def test_errors_everywhere_at_random_lose_nothing_and_nobody_for_good(self):
        self.begin()
        before = self.at_rest("before", {})
        self.faults.seed(SEED)
        for call, errors in matrix.ERRORS.items():
            self.faults.arm_at_random(call, errors, PER_MILLION)
        self.load()
        self.failed = {call: self.faults.disarm(call) for call in matrix.ERRORS}
        self.failed = {call: count for call, count in self.failed.items() if count}
        self.crowd.gate.clear()
        self.assertFalse(self.subject.exited(), self.subject.story())
        print(f"seed {SEED}: {sum(self.failed.values())} calls failed of "
              f"{sum(self.faults.seen().values())}: {self.failed}", flush=True)
        wait.wait_until(lambda: self.ledger.in_flight() == 0, "the clients' end", PATIENCE + 20)
        self.crowd.leave()
        self.assertEqual(dict(self.crowd.patient), {}, "clients that were left waiting")
        self.all_serve()
        self.at_rest("after", before)
        self.counts_add_up()
        self.log_has_it()
        self.is_calm()

    def begin(self):
        world.prepare(sandbox.BINARIES / "usherd-soak-handler")
        world.rewrite(0)
        self.faults = Faults(WORK / "faults")
        self.subject = self.daemon(USHERD, world.configuration())
        self.socket = self.subject.directory / "status" / "sock"
        self.subject.start("--status-socket", str(self.socket), "--event-ring", "400000",
                           environment=self.faults.environment())
        self.ledger = Ledger()
        self.crowd = Unlucky(self.ledger, self.socket, RATE)
        self.crowd.mover_port = world.mover_port(0)
        self.events = Events(self.socket, self.subject.pid)
        random.seed(SEED)
        self.all_serve()

    def load(self):
        self.crowd.gather()
        self.crowd.gate.set()
        end = time.monotonic() + SECONDS
        turn = 0
        while time.monotonic() < end:
            time.sleep(min(3, SECONDS / 4))
            turn += 1
            world.rewrite(turn)
            if turn % 2:
                self.subject.send(signal.SIGHUP)
            else:
                with contextlib.suppress(*UNLUCKY, Exception):
                    status.ask(self.socket, "/v1/reload", "POST")
            self.crowd.mover_port = world.mover_port(turn)
            self.assertFalse(self.subject.exited(), self.subject.story())

    # -- without errors again

    def all_serve(self):
        """After a reload: a service that could not be opened waits for one."""
        world.rewrite(0)
        self.crowd.mover_port = world.mover_port(0)
        self.assertEqual(status.ask(self.socket, "/v1/reload", "POST").status, 200)
        calm = clients.Crowd(self.ledger, self.socket, 1)
        calm.gate.set()
        for visit, *arguments in (
                (calm.always, "hello"), (calm.always, "complain"), (calm.unix,), (calm.kill,),
                (calm.overstay,), (calm.datagram, "datagram"), (calm.datagram, "echo-udp"),
                (calm.accept,), (calm.echo,), (calm.daytime,), (calm.relay,), (calm.tcpmux,),
                (calm.limited, "queue"), (calm.limited, "refuse"), (calm.limited, "source"),
                (calm.always, "rate"), (calm.denied,), (calm.banner,), (calm.trap,), (calm.ban,),
                (calm.wrapped,), (calm.always, "wrapped"), (calm.browse,)):
            with self.subTest(visit=visit.__name__, arguments=arguments):
                wait.wait_until(lambda: self.is_served(visit, arguments), lambda: self.problem)

    def is_served(self, visit, arguments):
        try:
            visit(*arguments)
        except UNLUCKY as problem:
            self.problem = f"{visit.__name__}{arguments}: {problem!r}\n{self.subject.story()}"
            return False
        return True

    def at_rest(self, what, before):
        """Nothing runs. @return the descriptors, which are those of before"""
        found = {}

        def is_at_rest():
            found.update(status=status.get(self.socket, "/v1/status")["running"],
                         children=processes.children(self.subject.pid),
                         descriptors=processes.descriptors(self.subject.pid))
            return not found["status"] and not found["children"] and \
                not processes.connections(self.subject.pid) and \
                (not before or len(found["descriptors"]) <= len(before))
        wait.wait_until(is_at_rest, lambda: f"at rest {what}: {found}, at first {before}\n"
                                            f"{self.subject.story()}", 60)
        self.tables_are_right(what)
        return found["descriptors"]

    def tables_are_right(self, what):
        told = len([text for text in self.subject.message_texts() if "Consistency" in text])
        self.subject.send(signal.SIGABRT)
        told = self.subject.wait_for_message("Consistency check", told + 1)
        self.assertIn("passed", told[-1], f"{what}\n{self.subject.story()}")

    def counts_add_up(self):
        """The daemon's with its events and with what its clients saw."""
        told = status.get(self.socket, "/v1/status")
        services = status.get(self.socket, "/v1/services")["services"]
        sums = self.events.up_to(told["next_event"])
        self.assertEqual(self.events.problems, [])
        self.assertEqual(sums["process started"], sums["process exited"], dict(sums))
        # What a service that is gone had counted went with it.
        self.assertLessEqual(told["accepted"], sums["accepted"])
        self.assertLessEqual(sum(told["refused"].values()), sums["refused"])
        accounts = self.ledger.accounts
        for service in services:
            name = service["id"]
            if name in world.UNCOUNTED | {"mover"} or name not in accounts:
                continue
            count = service["accepted"] + sum(service["refused_by"].values())
            served = accounts[name].ended[SERVED]
            if name not in world.LOOSE:
                self.assertGreaterEqual(service["accepted"], served, name)
            if name != "datagram":  # who has not read it is started again for the same one
                self.assertLessEqual(count, accounts[name].begun, name)
            self.assertEqual(service["running"], 0, name)

    def log_has_it(self):
        texts = "\n".join(self.subject.message_texts("ERROR", "WARNING", "CRITICAL", "ALERT"))
        for call, text in TOLD.items():
            if self.failed.get(call, 0) > 2:  # one may have been an EINTR
                self.assertIn(text, texts, f"{call} failed {self.failed[call]} times")

    def is_calm(self):
        """It does not spin on anything that failed."""
        def ticks():
            fields = processes.stat(self.subject.pid)
            return int(fields[11]) + int(fields[12])
        before = ticks()
        time.sleep(1)
        self.assertLess(ticks() - before, 0.1 * os.sysconf("SC_CLK_TCK"))
