# SPDX-License-Identifier: BSD-2-Clause
#
# The internal services: their bytes are xinetd's, over TCP and UDP; beyond that they are bounded
# and cannot be used against third parties.

import re
import select
import socket
import threading
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs
from harness.case import USHERD, XINETD, IntegrationCase, on, wait
from harness.config import defaults, internal, service

NAMES = ("echo", "discard", "chargen", "daytime", "time")
TCP = {name: 4000 + number for number, name in enumerate(NAMES)}
UDP = {name: 4100 + number for number, name in enumerate(NAMES)}
ALL = defaults() + "".join(internal(name, "stream", port=TCP[name], cps="0 0")
                           + internal(name, "dgram", port=UDP[name], cps="0 0") for name in NAMES)
PATTERN = bytes(number * 7 % 256 for number in range(200_000))


class Historical(IntegrationCase):
    def test_services_that_left_xinetd_with_2_3_12_are_refused(self):
        text = (defaults() + service() + internal("servers", port=9099)
                + internal("services", port=9098) + internal("xadmin", port=9100))

        def scenario(subject):
            subject.wait_for_message("Started working: 1 available service")
            errors = subject.message_texts("ERROR")
            if not subject.is_oracle:
                for text, command in zip(errors, ("connections", "services", "status")):
                    self.assertIn(f"'usherctl {command}'", text)
            return (len([text for text in errors if "no such internal" in text.lower()
                         or "no internal service" in text]),
                    [client.exchange(port).ending for port in (9098, 9099, 9100)])
        self.assertEqual(self.compare(text, scenario), (3, ["refused"] * 3))


class Stream(IntegrationCase):
    def test_echo_returns_every_byte_and_ends_after_a_half_close(self):
        def scenario(_):
            connection = client.connect(TCP["echo"])
            sender = threading.Thread(target=lambda: (connection.sendall(PATTERN),
                                                      connection.shutdown(socket.SHUT_WR)))
            sender.start()
            reply = client.read_all(connection)
            sender.join()
            connection.close()
            return reply.data == PATTERN, reply.ending, client.exchange(TCP["echo"])
        self.assertEqual(self.compare(ALL, scenario), (True, "eof", client.Reply(b"", "eof")))

    def test_discard_reads_to_the_end_and_says_nothing(self):
        def scenario(_):
            return client.exchange(TCP["discard"], PATTERN)
        self.assertEqual(self.compare(ALL, scenario), client.Reply(b"", "eof"))

    def test_chargen_sends_the_same_lines(self):
        def scenario(_):
            found = []
            for _ in range(2):
                with client.connect(TCP["chargen"]) as connection:
                    found.append(client.read_some(connection, 20_000))
            return found
        first, second = self.compare(ALL, scenario)
        self.assertEqual(first, second, "each connection starts at the first line")
        self.assertEqual(len(first), 20_000)
        self.assertTrue(first.startswith(bytes(range(33, 105)) + b"\r\n"))

    def test_daytime_and_time_answer_and_close(self):
        def scenario(_):
            day = client.exchange(TCP["daytime"], half_close=False)
            moment = client.exchange(TCP["time"], half_close=False)
            told = int.from_bytes(moment.data, "big") - 2208988800
            return (re.sub(rb"\d", b"9", day.data.replace(b" ", b"_", 0)), day.ending,
                    len(moment.data), abs(told - time.time()) < 10, moment.ending)
        seen = self.compare(ALL, scenario)
        self.assertRegex(seen[0], rb"^99 [A-Z]{3} 9999 99:99:99 UTC\r\n$")
        self.assertEqual(seen[1:], ("eof", 4, True, "eof"))

    @on(XINETD, USHERD)
    def test_wait_services_accept_for_themselves(self, kind):
        text = defaults() + "".join(internal(name, port=port, wait="yes", cps="0 0")
                                    for name, port in TCP.items())
        self.started(kind, text)
        for _ in range(3):
            self.assertEqual(client.exchange(TCP["echo"], b"x"), client.Reply(b"x", "eof"))
            self.assertEqual(client.exchange(TCP["discard"], b"x").data, b"")
            self.assertIn(b"UTC", client.exchange(TCP["daytime"], half_close=False).data)
            self.assertEqual(len(client.exchange(TCP["time"], half_close=False).data), 4)
            with client.connect(TCP["chargen"]) as talker:
                self.assertEqual(client.read_some(talker, 4), b'!"#$')

    @on(USHERD)
    def test_sessions_count_as_instances(self, kind):
        subject = self.started(kind, defaults() + internal("echo", port=4000, instances=2,
                                                           per_source=1))
        with client.connect(4000, source="127.0.0.2") as one:
            one.sendall(b"x")
            client.read_some(one, 1)
            self.assertEqual(client.exchange(4000, source="127.0.0.2").data, b"")
            with client.connect(4000, source="127.0.0.3") as two:
                two.sendall(b"x")
                client.read_some(two, 1)
                self.assertEqual(client.exchange(4000, source="127.0.0.4").data, b"")
        subject.wait_for_record("EXIT: echo-stream", 2)
        self.assertEqual([line.split(" from=")[0] for line in subject.records()
                          if line.startswith("FAIL")],
                         ["FAIL: echo-stream per_source_limit", "FAIL: echo-stream service_limit"])
        self.assertEqual(client.exchange(4000, b"x", source="127.0.0.2").data, b"x")

    @on(USHERD)
    def test_peers_that_do_not_read_cost_a_bounded_buffer(self, kind):
        subject = self.started(kind, ALL)
        before = resident(subject.pid)
        talkers = [client.connect(TCP["chargen"]) for _ in range(100)]
        for talker in talkers:
            client.read_some(talker, 1)
        stuck = []
        for _ in range(20):
            echo = client.connect(TCP["echo"])
            echo.setblocking(False)
            stuck.append(echo)
        fill(stuck)
        self.assertEqual(client.exchange(TCP["echo"], b"x").data, b"x")
        self.assertLess(resident(subject.pid) - before, 32 << 20)
        for connection in talkers + stuck:
            connection.close()
        subject.wait_idle()


class Datagram(IntegrationCase):
    def test_echo_returns_up_to_2048_bytes(self):
        def scenario(subject):
            return [ask(subject, UDP["echo"], PATTERN[:size])
                    for size in (0, 1, 1024, 2048, 5000)]
        seen = self.compare(ALL, scenario)
        self.assertEqual(seen, [PATTERN[:size] for size in (0, 1, 1024, 2048, 2048)])

    def test_chargen_goes_on_from_datagram_to_datagram(self):
        def scenario(subject):
            return [ask(subject, UDP["chargen"], b"", source=f"127.0.0.{number + 1}")
                    for number in range(12)]
        seen = self.compare(ALL, scenario)
        self.assertEqual({len(data) for data in seen}, {1024})
        self.assertNotEqual(seen[0], seen[1])

    def test_daytime_and_time_answer_any_datagram(self):
        def scenario(subject):
            days = [ask(subject, UDP["daytime"], payload) for payload in (b"", b"x" * 100)]
            moments = [ask(subject, UDP["time"], payload) for payload in (b"", b"x" * 100)]
            return ([re.sub(rb"\d", b"9", day) for day in days],
                    [len(moment) for moment in moments])
        self.compare(ALL, scenario)

    def test_discard_is_silent(self):
        def scenario(subject):
            answer = client.ask(UDP["discard"], b"x", seconds=0.1)
            subject.wait_for_record("START: discard-dgram")
            return answer, [logs.normalised(line) for line in subject.records()]
        self.assertEqual(self.compare(ALL, scenario),
                         (None, ["START: discard-dgram pid=0 from=::ffff:127.0.0.1"]))

    @on(XINETD, USHERD)
    def test_an_internal_datagram_service_may_say_that_it_does_not_wait(self, kind):
        """2.3.15.4 refuses it (D22)."""
        subject = self.started(kind, defaults() + internal("echo", "dgram", port=4000, wait="no"))
        for _ in range(3):
            self.assertEqual(ask(subject, 4000, b"x"), b"x")

    @on(XINETD, USHERD)
    def test_refused_senders_get_no_answer(self, kind):
        subject = self.started(kind, defaults() + internal("echo", "dgram", port=4000,
                                                           no_access="127.0.0.5"))
        self.assertIsNone(client.ask(4000, b"x", source="127.0.0.5", seconds=0.1))
        self.assertEqual(subject.wait_for_record("FAIL"),
                         ["FAIL: echo-dgram address from=::ffff:127.0.0.5"])
        self.assertEqual(client.ask(4000, b"x", source="127.0.0.6"), b"x")

    @on(USHERD)
    def test_well_known_ports_are_never_answered(self, kind):
        """xinetd answers them, and two echo services can play for ever (S13)."""
        self.started(kind, ALL)
        for port in (7, 19, 53, 1023):
            self.assertIsNone(client.ask(UDP["echo"], b"x", source_port=port, seconds=0.1))
            self.assertIsNone(client.ask(UDP["chargen"], b"x", source_port=port, seconds=0.02))
        self.assertEqual(client.ask(UDP["echo"], b"x", source_port=1024), b"x")

    @on(USHERD)
    def test_a_flood_from_one_source_is_not_multiplied_and_others_are_answered(self, kind):
        self.started(kind, ALL)
        with client.datagram_socket(source="127.0.0.2") as flooder:
            for _ in range(3000):
                flooder.sendto(b"x", ("127.0.0.1", UDP["chargen"]))
            # The flood may fill the socket's queue: what is lost there is asked for again.
            other = wait.wait_until(lambda: client.ask(UDP["chargen"], b"x", source="127.0.0.3",
                                                       seconds=0.5), "an answer to another")
            self.assertEqual(len(other), 1024)
            answers = 0
            while select.select([flooder], [], [], 0.2)[0]:
                flooder.recv(2048)
                answers += 1
        self.assertGreater(answers, 0)
        self.assertLess(answers, 1000)

    @on(USHERD)
    def test_two_services_set_against_each_other_fall_silent(self, kind):
        """A datagram that pretends to come from the other service."""
        text = defaults() + internal("echo", "dgram", port=4000, cps="0 0")
        text += internal("chargen", "dgram", port=19, cps="0 0")
        subject = self.started(kind, text + service())
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        with raw:
            # UDP header: from port 19 to port 4000, length 9, no checksum.
            raw.sendto(bytes([0, 19, 4000 >> 8, 4000 & 255, 0, 9, 0, 0]) + b"x", ("127.0.0.1", 0))
        self.assertEqual(client.ask(4000, b"y"), b"y")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        starts = [line for line in subject.records() if "chargen" in line]
        self.assertEqual(starts, [])


def ask(subject, port, payload, **keywords):
    """One datagram, once the daemon has time for it."""
    subject.wait_asleep()
    return client.ask(port, payload, **keywords)


def resident(pid):
    """Bytes of memory that the process has."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def fill(connections):
    """Writes until none of them takes any more for a moment."""
    while True:
        _, ready, _ = select.select([], connections, [], 0.2)
        if not ready:
            return
        for connection in ready:
            try:
                connection.send(b"x" * 65536)
            except BlockingIOError:
                pass
