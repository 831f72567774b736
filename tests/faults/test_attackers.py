# SPDX-License-Identifier: BSD-2-Clause
#
# Clients and handlers that mean harm; each test names the attack. Others are served meanwhile, and
# what the daemon spends on it is bounded.

import contextlib
import os
import pathlib
import resource
import socket
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
os.environ.setdefault("USHERD_ITEST_OPEN_FILES",
                      str(min(50_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))

import harness  # noqa: E402,F401  (enters the sandbox)
from harness import client, status  # noqa: E402
from harness.case import USHERD, WORK, IntegrationCase, processes, wait  # noqa: E402
from harness.config import defaults, internal, service  # noqa: E402

from shim import Faults  # noqa: E402

SANITIZED = bool(os.environ.get("USHERD_SANITIZE"))
IP_PKTINFO = 8  # of <bits/in.h>; the module socket does not have it
PLENTY = {"cps": "0 0", "instances": "UNLIMITED"}


class AttackCase(IntegrationCase):
    def serve(self, text, *options, **keywords):
        subject = self.daemon(USHERD, text)
        self.socket = subject.directory / "status" / "sock"
        return subject.start("--status-socket", str(self.socket), *options, **keywords)

    def rss_kb(self, subject):
        text = pathlib.Path(f"/proc/{subject.pid}/status").read_text()
        return int(next(line.split()[1] for line in text.splitlines()
                        if line.startswith("VmRSS:")))

    def ticks(self, subject):
        fields = processes.stat(subject.pid)
        return int(fields[11]) + int(fields[12])


class Silence(AttackCase):
    # Both ends are in this sandbox; each process has its own limit of descriptors.
    WANTED = 2_000 if SANITIZED else 20_000
    COUNT = min(WANTED, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)

    def test_20000_clients_that_say_nothing_do_not_delay_the_one_who_does(self):
        """On a machine whose limit of descriptors is lower: as many as it allows."""
        subject = self.serve(defaults(**PLENTY) + internal("echo", port=4000)
                             + service(port=4001))
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        before = self.rss_kb(subject)
        silent = []
        try:
            for number in range(self.COUNT):
                silent.append(client.connect(4000, source=f"127.0.{number // 5000}.1"))
            wait.wait_until(lambda: status.get(self.socket, "/v1/status")["running"] == self.COUNT,
                            "all of them inside", 120)
            self.assertEqual(client.exchange(4001).data, b"hello\n")
            self.assertEqual(client.exchange(4000, b"word").data, b"word")
            each = (self.rss_kb(subject) - before) * 1024 / self.COUNT
        finally:
            for one in silent:
                one.close()
        print(f"{self.COUNT} silent clients: {each:.0f} bytes of the daemon's memory each",
              flush=True)
        if not SANITIZED:
            self.assertLess(each, 3000, "bytes for each")
        subject.wait_idle(120)

    def test_readers_that_take_nothing_of_chargen_and_of_a_banner_cost_a_bounded_buffer(self):
        (WORK / "long").write_bytes(b"x" * 65536)
        subject = self.serve(defaults(**PLENTY) + internal("chargen", port=4000)
                             + service(port=4001, banner=WORK / "long")
                             + service("c", port=4002))
        before = self.rss_kb(subject)
        slow = []
        for port in (4000, 4001) * 100:
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.connect(("127.0.0.1", port))
            slow.append(one)
            self.addCleanup(one.close)
        self.assertEqual(client.exchange(4002).data, b"hello\n")
        if not SANITIZED:
            self.assertLess(self.rss_kb(subject) - before, 20_000)  # 100 banners of 64 KiB
        for one in slow:
            one.close()
        subject.wait_idle()


class Resets(AttackCase):
    def test_a_reset_between_accept_and_the_first_question_about_the_peer(self):
        """The daemon looks away from accept for a moment: by then the client is gone."""
        faults = Faults(WORK / "faults")
        subject = self.serve(defaults(**PLENTY) + service() + internal("echo", port=4001),
                             environment=faults.environment())
        client.exchange(4000)
        before = len(processes.descriptors(subject.pid))
        faults.delay("getsockname", 20_000)
        faults.delay("setsockopt", 20_000)
        for port in (4000, 4001) * 20:
            rude = client.connect(port)
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            rude.close()
        faults.disarm("getsockname")
        faults.disarm("setsockopt")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_idle()
        wait.wait_until(lambda: len(processes.descriptors(subject.pid)) <= before + 1,
                        "the descriptors of before")


class Sources(AttackCase):
    # USHERD_FAULTS_SOURCES=16777216: all of 127.0.0.0/8, half an hour and more.
    COUNT = int(os.environ.get("USHERD_FAULTS_SOURCES", "20000" if SANITIZED else "100000"))
    ALL = 1 << 24

    def test_a_sweep_over_127_8_with_per_source_and_bans_keeps_memory_bounded(self):
        """Datagrams need no handshake: each comes from another address, none of them twice."""
        subject = self.serve(
            defaults(cps="0 0", per_source=2, instances="UNLIMITED", log_type=None)
            + internal("echo", "dgram", port=4000, flags="IPv4")
            + service(port=4001, flags="IPv4"))
        for number in range(20):
            status.ask(self.socket, "/v1/bans", "POST",
                       {"source": f"127.{200 + number}.0.0/16", "seconds": 600, "reason": "sweep"})
        self.sweep(0, 20_000)
        settled = self.rss_kb(subject)
        self.sweep(20_000, self.COUNT)
        for number in range(0, 256, 5):  # with a process each
            source = f"127.{number}.{number}.1"
            self.assertEqual(client.exchange(4001, source=source, half_close=False).data,
                             b"" if 200 <= number < 220 else b"hello\n", source)
        grown = self.rss_kb(subject) - settled
        told = status.get(self.socket, "/v1/sources?top=10")
        print(f"{self.COUNT} sources, {told['total']} arrived: {grown} KiB more", flush=True)
        if not SANITIZED:
            self.assertLess(grown, 4_000, "KiB after all the others")
        self.assertGreater(told["total"], self.COUNT * 0.9)  # a datagram may be lost
        subject.wait_idle()

    def sweep(self, first, last):
        """By the control message of ip(7) that says where a datagram comes from. As fast as the
        answers come, for the daemon is to see them all."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.settimeout(0.2)
            for begin in range(first, last, 100):
                answers = sum(self.send_from(sender, number)
                              for number in range(begin, min(begin + 100, last)))
                with contextlib.suppress(TimeoutError):
                    for _ in range(answers):
                        sender.recv(16)

    def send_from(self, sender, number):
        """@return whether there will be an answer"""
        source = 127 << 24 | number * 0x9E3779B1 & self.ALL - 1  # an odd factor: none twice
        control = struct.pack("=iII", 0, socket.htonl(source), 0)
        try:
            sender.sendmsg([b"x"], [(socket.IPPROTO_IP, IP_PKTINFO, control)], 0,
                           ("127.0.0.1", 4000))
        except OSError:
            return False  # 127.255.255.255 and its like
        return not 200 <= source >> 16 & 255 < 220


class Loops(AttackCase):
    def test_echo_set_against_chargen_with_a_forged_source_port_falls_silent(self):
        subject = self.serve(defaults(**PLENTY, log_type=None)
                             + internal("echo", "dgram", port=4000, flags="IPv4")
                             + internal("chargen", "dgram", port=4001, flags="IPv4"))
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as forger:
            header = struct.pack("!HHHH", 4000, 4001, 8 + 4, 0)
            forger.sendto(header + b"loop", ("127.0.0.1", 0))

        def counted():
            return sum(one["accepted"] + one["refused"]
                       for one in status.get(self.socket, "/v1/services")["services"])
        wait.wait_until(lambda: counted() > 0, "the forged datagram")
        calm = [0, counted()]

        def has_fallen_silent():
            calm[0] = calm[0] + 1 if counted() == calm[1] else 0
            calm[1] = counted()
            return calm[0] > 50
        wait.wait_until(has_fallen_silent, "silence", pause=0.02)
        self.assertLess(counted(), 1000)
        self.assertEqual(len(subject.handlers()), 0)


class Lines(AttackCase):
    def test_what_a_client_says_makes_no_line_of_its_own_in_the_log(self):
        """Through tcpmux, and through what a handler repeats on its standard error."""
        script = WORK / "repeat"
        script.write_text("#!/bin/sh\nhead -n 1 | tr '~' '\\n' >&2\n")
        script.chmod(0o755)
        subject = self.serve(defaults(**PLENTY) + internal("tcpmux", id="tcpmux", port=1, user="root")
                             + service(server=script, server_args=None, stderr="log"))
        forged = b"26/01/01@00:00:00 usherd[1]: ERROR: forged"
        client.exchange(1, forged + b"\x1b[2J\r\n")
        client.exchange(4000, b"\x1b]0;x\x07~" + forged + b"\n")
        subject.wait_for_message("forged")
        text = subject.message_file.read_text()
        self.assertNotIn("\x1b", text)
        for line in text.splitlines():
            self.assertFalse(line.startswith("26/01/01"), line)


class Handlers(AttackCase):
    def test_a_handler_that_forks_and_escapes_its_group_with_the_socket_frees_its_slot(self):
        script = WORK / "escape.py"
        script.write_text(
            "import os, time\n"
            "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            "        print('escaped', os.getpid(), flush=True)\n        time.sleep(600)\n")
        subject = self.serve(defaults(cps="0 0", instances=1)
                             + service(server="/usr/bin/python3", server_args=script))
        self.addCleanup(self.end_leftovers)
        before = len(processes.descriptors(subject.pid))
        escaped = []
        for _ in range(3):
            with client.connect(4000) as connection:
                word, pid = client.read_some(connection, 9)[:7], None
                self.assertEqual(word, b"escaped")
                escaped.append(pid)
            subject.wait_for_handlers(0)
            subject.wait_for_record("EXIT: a", len(escaped))
        self.assertEqual(status.get(self.socket, "/v1/status")["running"], 0)
        self.assertLessEqual(len(processes.descriptors(subject.pid)), before + 1)

    def test_a_handler_that_leaves_its_datagram_unread_is_not_started_in_a_spin(self):
        """cps closes the service: so many starts a second and no more."""
        subject = self.serve(defaults() + service(
            socket_type="dgram", protocol="udp", wait="yes", server="/bin/true", server_args=None,
            cps="10 30") + service("b", port=4001))
        with client.datagram_socket() as sender:
            sender.sendto(b"unread", ("127.0.0.1", 4000))
        subject.wait_for_message("Deactivating service a")
        self.assertLessEqual(sum("START: a" in line for line in subject.records()), 25)
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        subject.wait_idle()
        subject.wait_asleep()
        spent = self.ticks(subject)
        wait.wait_until(lambda: client.exchange(4001).data == b"hello\n", "b")
        self.assertLess(self.ticks(subject) - spent, 100)
