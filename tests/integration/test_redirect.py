# SPDX-License-Identifier: BSD-2-Clause
#
# redirect: bytes, records and refusals as in xinetd; half-close, limits and reload as it should be.

import re
import socket
import threading

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, on, processes, wait
from harness.config import defaults, internal, service

TO_ECHO = {"server": None, "server_args": None, "redirect": "127.0.0.1 4100",
           "log_on_success": "PID HOST EXIT DURATION TRAFFIC"}
ECHO = internal("echo", port=4100, log_on_success="")
PATTERN = bytes(number * 11 % 256 for number in range(3_000_000))


def normalised(records):
    return [re.sub(r"pid=\d+", "pid=N", re.sub(r"duration=\d+", "duration=T", line))
            for line in records]


def redirected(**attributes):
    return service(**(TO_ECHO | attributes))


class Redirect(IntegrationCase):
    def test_records_are_those_of_xinetd(self):
        def scenario(subject):
            with client.connect(4000) as connection:
                connection.sendall(b"four")
                answer = client.read_some(connection, 4)
            subject.wait_for_record("EXIT: a")
            return answer, normalised(line for line in subject.records() if " a " in line)
        answer, records = self.compare(defaults() + ECHO + redirected(), scenario)
        self.assertEqual(answer, b"four")
        self.assertEqual(records, ["START: a pid=N from=::ffff:127.0.0.1",
                                   "TRAFFIC: a in=4(bytes) out=4(bytes)",
                                   "EXIT: a status=0 pid=N duration=T(sec)"])

    def test_a_target_that_refuses_closes_the_client_and_is_logged(self):
        def scenario(subject):
            reply = client.exchange(4000, half_close=False)
            subject.wait_for_record("EXIT: a")
            (message,) = subject.wait_for_message("can't connect to remote host")
            return reply, normalised(subject.records()), message
        reply, records, message = self.compare(defaults() + redirected(), scenario)
        self.assertEqual(reply, client.Reply(b"", "eof"))
        self.assertEqual(records, ["START: a pid=N from=::ffff:127.0.0.1",
                                   "EXIT: a status=0 pid=N duration=T(sec)"])
        self.assertIn("can't connect to remote host 127.0.0.1: Connection refused (errno = 111)",
                      message)

    @on(XINETD, USHERD)
    def test_families_may_differ(self, kind):
        text = (defaults() + ECHO + redirected(flags="IPv4", redirect="::1 4100")
                + service("b", **(TO_ECHO | {"port": 4001, "flags": "IPv6"})))
        subject = self.started(kind, text)
        for port, host in ((4000, "127.0.0.1"), (4001, "::1")):
            with client.connect(port, host) as connection:
                connection.sendall(b"x")
                self.assertEqual(client.read_some(connection, 1), b"x")
        subject.wait_for_record("EXIT: ", 2)

    def test_a_client_that_ends_its_sending_still_gets_the_answer(self):
        """Row D17."""
        subject = self.started(USHERD, defaults() + ECHO + redirected())
        connection = client.connect(4000)

        def send():
            connection.sendall(PATTERN)
            connection.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        reply = client.read_all(connection)
        sender.join()
        connection.close()
        self.assertEqual(reply.ending, "eof")
        self.assertTrue(reply.data == PATTERN, "every byte comes back")
        self.assertEqual(subject.wait_for_record("TRAFFIC"),
                         [f"TRAFFIC: a in={len(PATTERN)}(bytes) out={len(PATTERN)}(bytes)"])

    @on(XINETD, USHERD)
    def test_limits_and_lists_hold(self, kind):
        text = (defaults() + ECHO + redirected(instances=2, per_source=1, no_access="127.0.0.9"))
        subject = self.started(kind, text)
        with client.connect(4000) as held, client.connect(4000, source="127.0.0.2") as other:
            for connection in (held, other):
                connection.sendall(b"x")
                self.assertEqual(client.read_some(connection, 1), b"x")
            self.assertEqual(client.exchange(4000, source="127.0.0.3").data, b"")
            subject.wait_for_record("FAIL: a service_limit from=::ffff:127.0.0.3")
            other.close()
            subject.wait_for_record("EXIT: a")
            self.assertEqual(client.exchange(4000).data, b"")
            subject.wait_for_record("FAIL: a per_source_limit")
            self.assertEqual(client.exchange(4000, source="127.0.0.9").data, b"")
            subject.wait_for_record("FAIL: a address from=::ffff:127.0.0.9")

    def test_no_process_is_made_and_nothing_is_kept(self):
        subject = self.started(USHERD, defaults() + ECHO + redirected(instances="UNLIMITED"))
        before = len(processes.descriptors(subject.pid))
        held = [client.connect(4000) for _ in range(50)]
        for connection in held:
            connection.sendall(b"x")
            self.assertEqual(client.read_some(connection, 1), b"x")
        self.assertEqual(subject.handlers(), [])
        for connection in held:
            connection.close()
        subject.wait_for_record("EXIT: a", 50)
        # One pipe may be kept for the next bytes.
        wait.wait_until(lambda: len(processes.descriptors(subject.pid)) <= before + 2,
                        "descriptors are closed")

    def test_a_reload_keeps_relays_of_kept_services_and_ends_those_of_others(self):
        other = service("b", **(TO_ECHO | {"port": 4001}))
        subject = self.started(USHERD, defaults() + ECHO + redirected() + other)
        with client.connect(4000) as kept, client.connect(4001) as dropped:
            for connection in (kept, dropped):
                connection.sendall(b"x")
                client.read_some(connection, 1)
            subject.configure(defaults() + ECHO + redirected(redirect="127.0.0.1 4101")
                              + internal("daytime", port=4101))
            subject.reload()
            self.assertEqual(client.read_all(dropped).data, b"")
            self.assertEqual(len(subject.wait_for_record("EXIT: b signal=15")), 1)
            kept.sendall(b"y")
            self.assertEqual(client.read_some(kept, 1), b"y")
            self.assertIn(b"UTC", client.exchange(4000, half_close=False).data)

    def test_stopping_ends_relays(self):
        subject = self.started(USHERD, defaults() + ECHO + redirected(), "--on-stop", "end")
        with client.connect(4000) as connection:
            connection.sendall(b"x")
            client.read_some(connection, 1)
            self.assertEqual(subject.stop(), 0)
            self.assertEqual(client.read_all(connection).data, b"")
        subject.wait_for_record("EXIT: a signal=15")
