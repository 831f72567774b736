# SPDX-License-Identifier: BSD-2-Clause
#
# The Debian xinetd package's own /etc/xinetd.conf and xinetd.d, with every service enabled.

import pathlib
import re
import shutil
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client, sandbox
from harness.case import LINKED, USHERD, XINETD, IntegrationCase, on, processes

ETC = pathlib.Path("/etc")
SERVED = {(protocol, port) for protocol in ("tcp", "udp") for port in (7, 9, 13, 19, 37)}


class DebianPackage(IntegrationCase):
    def setUp(self):
        super().setUp()
        package = sandbox.ORACLE / "etc"
        shutil.copy(package / "xinetd.conf", ETC / "xinetd.conf")
        shutil.rmtree(ETC / "xinetd.d", ignore_errors=True)
        shutil.copytree(package / "xinetd.d", ETC / "xinetd.d")
        for path in (ETC / "xinetd.d").iterdir():
            text = re.sub(r"(?m)^(\s*disable\s*=\s*)yes", r"\1no", path.read_text())
            path.write_text(text)

    def start_all(self, kind):
        subject = self.daemon(kind)
        subject.configuration = ETC / "xinetd.conf"
        return subject.start()

    @on(XINETD, USHERD, LINKED)
    def test_the_same_ten_sockets_listen(self, kind):
        subject = self.start_all(kind)
        bound = processes.listening()
        self.assertEqual({(protocol, port) for protocol, _, port in bound}, SERVED,
                         subject.story())
        self.assertEqual({address for _, address, _ in bound}, {"::"})
        # Fifteen services: UDP sockets with SO_REUSEADDR may share a port, and the *-udp files
        # configure five of them a second time.
        self.assertIn("Started working: 15 available services", subject.message_texts("NOTICE"))

    @on(XINETD, USHERD, LINKED)
    def test_services_without_a_builtin_are_reported_and_the_rest_runs(self, kind):
        subject = self.start_all(kind)
        errors = subject.message_texts("ERROR")
        for name in ("servers", "services"):
            self.assertTrue(any(name in text for text in errors), subject.story())

    @on(XINETD, USHERD)
    def test_every_tcp_service_answers_over_both_families(self, kind):
        self.start_all(kind)
        for host in ("127.0.0.1", "::1"):
            self.assertEqual(client.exchange(7, b"hello\n", host).data, b"hello\n")
            self.assertEqual(client.exchange(9, b"hello\n", host), client.Reply(b"", "eof"))
            self.assertRegex(client.exchange(13, b"", host, half_close=False).data,
                             rb"^\d\d [A-Z]{3} \d{4} \d\d:\d\d:\d\d UTC\r\n$")
            with client.connect(19, host) as talker:
                first = client.read_some(talker, 74)
            self.assertEqual(first, bytes(range(33, 105)) + b"\r\n")
            seconds = int.from_bytes(client.exchange(37, b"", host, half_close=False).data, "big")
            self.assertLess(abs(seconds - 2208988800 - time.time()), 10)

    @on(XINETD, USHERD)
    def test_every_udp_service_answers_over_both_families(self, kind):
        self.start_all(kind)
        for host in ("127.0.0.1", "::1"):
            self.assertEqual(client.ask(7, b"hello", host), b"hello")
            self.assertRegex(client.ask(13, b"", host), rb" UTC\r\n$")
            self.assertEqual(len(client.ask(19, b"x", host)), 1024)
            seconds = int.from_bytes(client.ask(37, b"", host), "big")
            self.assertLess(abs(seconds - 2208988800 - time.time()), 10)
            self.assertIsNone(client.ask(9, b"hello", host, seconds=0.1))
