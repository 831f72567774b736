# SPDX-License-Identifier: BSD-2-Clause
#
# Connections per second: xinetd's arithmetic and its pause, and the two gentler actions.

import socket
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, not_wrapped, on, processes, wait
from harness.config import defaults, internal, service

CAT = {"server": "/bin/cat", "server_args": None}
HELLO = client.Reply(b"hello\n", "eof")
FAILED = "FAIL: a connections per second from=::ffff:127.0.0.1"


def early_in_a_second():
    """Waits for the first tenth of a second, so that what follows falls into one. Not for its very
    beginning: time(2), which counts, may be a tick of 10 ms behind."""
    wait.wait_until(lambda: 0.02 < time.time() % 1 < 0.1, "a new second", pause=0.001)


def burst(count):
    """Replies to connections that come all at once, as far as this machine can."""
    return answers([client.connect(4000) for _ in range(count)])


def answers(crowd):
    replies = []
    for connection in crowd:
        with connection:
            connection.shutdown(socket.SHUT_WR)
            replies.append(client.read_all(connection))
    return replies


class Disable(IntegrationCase):
    def test_the_service_closes_and_comes_back_as_in_xinetd(self):
        def scenario(subject):
            early_in_a_second()
            began = time.monotonic()
            replies = burst(4)
            replies.append(client.exchange(4000))
            subject.wait_for_message("Activating service a")
            pause = time.monotonic() - began
            # xinetd's timer ticks with the seconds of the clock; ours waits the two seconds.
            self.assertGreater(pause, 0.9 if subject.is_oracle else 1.5)
            self.assertLess(pause, 20)
            again = client.exchange(4000)
            subject.wait_for_record("EXIT: a", 4)
            return (replies, again, subject.message_texts("ERROR"),
                    [line for line in subject.records() if line.startswith("FAIL")])
        seen = self.compare(defaults() + service(cps="3 2"), scenario)
        closed = client.Reply(b"", "eof")
        refused = client.Reply(b"", "refused")
        self.assertEqual(seen, ([HELLO, HELLO, HELLO, closed, refused], HELLO,
                                ["Deactivating service a due to excessive incoming connections.  "
                                 "Restarting in 2 seconds.", "Activating service a"], [FAILED]))

    def test_handlers_run_on_during_the_pause(self):
        def scenario(subject):
            with client.connect(4000) as held:
                held.sendall(b"1")
                client.read_some(held, 1)
                subject.trip(lambda: client.exchange(4000))
                held.sendall(b"2")
                return client.read_some(held, 1)
        self.assertEqual(self.compare(defaults() + service(**CAT, cps="1 30"), scenario), b"2")

    def test_two_seconds_share_one_allowance(self):
        """`cps = 5 1`: five in one second are served, the sixth, in the next one, trips."""
        def scenario(subject):
            early_in_a_second()
            crowd = [client.connect(4000) for _ in range(5)]
            # Only then are the answers read: on a busy machine they take longer than a second.
            wait.wait_until(lambda: time.time() % 1 > 0.5, "the end of a second")
            early_in_a_second()
            crowd.append(client.connect(4000))
            subject.wait_for_message("Deactivating service a")
            return answers(crowd)
        seen = self.compare(defaults() + service(cps="5 1"), scenario)
        self.assertEqual(seen, [HELLO] * 5 + [client.Reply(b"", "eof")])

    @on(XINETD, USHERD)
    def test_a_rate_of_zero_never_trips(self, kind):
        subject = self.started(kind, defaults() + service(cps="0 3"))
        self.assertEqual([client.exchange(4000) for _ in range(120)], [HELLO] * 120)
        subject.wait_for_record("EXIT: a", 120)

    @on(XINETD, USHERD)
    @not_wrapped("connections take a second each")
    def test_the_default_is_fifty(self, kind):
        subject = self.started(kind, defaults() + service())
        early_in_a_second()
        replies = burst(51)
        self.assertEqual(replies, [HELLO] * 50 + [client.Reply(b"", "eof")])
        subject.wait_for_message("Restarting in 10 seconds.")

    @on(XINETD, USHERD)
    def test_datagrams_of_an_internal_service_count_too(self, kind):
        subject = self.started(kind, defaults() + internal("echo", "dgram", port=4000,
                                                           cps="2 30"))
        early_in_a_second()
        with client.datagram_socket() as asker:
            asker.settimeout(wait.PATIENCE)
            for _ in range(2):
                asker.sendto(b"x", ("127.0.0.1", 4000))
                self.assertEqual(asker.recv(10), b"x")
                subject.wait_asleep()
            asker.sendto(b"x", ("127.0.0.1", 4000))
            subject.wait_for_message("Deactivating service echo due to excessive incoming")
        wait.wait_until(lambda: not processes.listening(), "the socket closes")

    @on(USHERD)
    @not_wrapped("connections take a second each")
    def test_after_the_pause_the_count_starts_afresh(self, kind):
        """In xinetd the first connection afterwards can trip again (D6)."""
        subject = self.started(kind, defaults() + service(cps="3 1"))
        early_in_a_second()
        self.assertEqual(burst(4)[:3], [HELLO] * 3)
        subject.wait_for_message("Activating service a")
        self.assertEqual(burst(3), [HELLO] * 3)
        self.assertEqual(len(subject.wait_for_message("Deactivating service a")), 1)

    @on(USHERD)
    @not_wrapped("connections take a second each")
    def test_running_handlers_still_count_after_the_pause(self, kind):
        """xinetd forgets them and admits too many (D7)."""
        subject = self.started(kind, defaults() + service(**CAT, cps="2 1", instances=2))
        held = [client.connect(4000) for _ in range(2)]
        for connection in held:
            connection.sendall(b"x")
            client.read_some(connection, 1)
        client.exchange(4000)
        subject.wait_for_message("Activating service a")
        client.exchange(4000)
        subject.wait_for_record("FAIL: a service_limit")
        for connection in held:
            connection.close()
        subject.wait_for_record("EXIT: a", 2)


class Gentle(IntegrationCase):
    def test_delay_keeps_the_socket_and_serves_everybody_later(self):
        subject = self.started(USHERD, defaults() + service(cps="3 1", cps_action="delay"))
        early_in_a_second()
        self.assertEqual([client.exchange(4000) for _ in range(9)], [HELLO] * 9)
        subject.wait_for_record("EXIT: a", 9)
        self.assertEqual([line for line in subject.records() if line.startswith("FAIL")], [])

    @not_wrapped("connections take a second each")
    def test_delay_does_not_hold_up_other_services(self):
        self.started(USHERD, defaults() + service(cps="1 30", cps_action="delay")
                     + service("b", port=4001))
        early_in_a_second()
        client.exchange(4000)
        with client.connect(4000) as waiting:
            self.assertEqual(client.exchange(4001), HELLO)
            self.assertEqual(client.read_all_within(waiting, 0.1), client.Reply(b"", "open"))

    @not_wrapped("connections take a second each")
    def test_refuse_turns_clients_away_until_the_rate_has_fallen(self):
        subject = self.started(USHERD, defaults() + service(cps="2 1", cps_action="refuse"))
        early_in_a_second()
        replies = burst(4)
        self.assertEqual(replies, [HELLO, HELLO] + [client.Reply(b"", "eof")] * 2)
        self.assertEqual(subject.wait_for_record("FAIL: a", 2), [FAILED] * 2)
        wait.wait_until(lambda: client.exchange(4000) == HELLO, "served again", pause=0.2)
