# SPDX-License-Identifier: BSD-2-Clause
#
# USERID and IDONLY: what is asked of a client's ident server, what of its answer is recorded, and
# what a server that is silent, lies or floods cannot do.

import re
import socket
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, IntegrationCase, logs, wait
from harness.config import another_time, defaults, internal, service
from harness.identd import Identd

JOE = b"PORTS : USERID : UNIX : joe\r\n"
LOCAL = {"bind": "127.0.0.1"}
ASKED = {"log_on_success": "PID HOST EXIT USERID"}
ONLY = LOCAL | {"flags": "IDONLY"}


def said(subject, *, records=None):
    """Records, and what was said of ident, without numbers that differ."""
    lines = records or [logs.normalised(line) for line in subject.records()]
    texts = [re.sub(r"\d{4,5} , ", "PORT , ", text) for text in subject.message_texts("ERROR")]
    return lines, texts


class IdentCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.require(USHERD)

    def identd(self, reply):
        server = Identd(reply)
        self.addCleanup(server.close)
        return server

    def same(self, reply, text, count, scenario=None, translate=None):
        """What both daemons say of one client; `count` records are waited for."""
        server = Identd(reply) if reply is not False else None

        def run(subject):
            asked = scenario or (lambda: client.exchange(4000))
            answer = asked()
            wait.wait_until(lambda: len(subject.records()) >= count(subject), subject.story)
            subject.wait_idle()
            return answer, said(subject)
        try:
            return self.compare(text, run, translate=translate)
        finally:
            if server:
                server.close()


class Served(IdentCase):
    def user(self, reply, text, **more):
        """(records, messages) of a client who is served."""
        answer, seen = self.same(reply, text, lambda _: 2, **more)
        self.assertEqual(answer.data, b"hello\n")
        return seen

    def test_the_user_is_recorded_between_start_and_exit(self):
        text = defaults(**ASKED) + service(**LOCAL)
        lines, messages = self.same(JOE, text, lambda _: 3)[1]
        self.assertEqual(lines, ["START: a pid=N from=127.0.0.1", "USERID: a UNIX : joe",
                                 "EXIT: a status=0 pid=N"])
        self.assertEqual(messages, [])

    def test_clients_of_dual_stack_services_are_asked_about_too(self):
        self.same(JOE, defaults(**ASKED) + service(), lambda _: 3)

    def test_the_query_names_both_ports_and_comes_from_the_address_that_was_called(self):
        server = self.identd(JOE)
        self.started(USHERD, defaults(**ASKED) + service())
        with client.connect(4000, "127.0.0.6", "127.0.0.5") as asked:
            port = asked.getsockname()[1]
            client.read_all(asked)
        self.assertEqual(server.queries, [(f"{port},4000\r\n".encode(), "127.0.0.6", "127.0.0.5")])

    def test_forms_of_a_reply(self):
        for reply in (b"PORTS:USERID:OTHER,US-ASCII:a b c\r\n", b"  PORTS\t:USERID \t: x : y \r\n",
                      b"PORTS : USERID : UNIX : joe\r\nPORTS : ERROR : NO-USER\r\n"):
            lines, _ = self.same(reply, defaults(**ASKED) + service(**LOCAL), lambda _: 3)[1]
            self.assertTrue(lines[1].startswith("USERID: a "), lines)

    def test_replies_that_name_nobody(self):
        for reply in (b"PORTS : ERROR : NO-USER\r\n", b"1 , 2 : USERID : UNIX : joe\r\n", b"\r\n",
                      b"PORTS : USERID : UNIX : joe", b"PORTS : USERID : UNIX : joe\n",
                      b"PORTS : USERID : \r\n", b"PORTS : userid : UNIX : joe\r\n", b""):
            _, messages = self.user(reply, defaults(**ASKED) + service(**LOCAL))
            self.assertEqual(len(messages), 1, (reply, messages))

    def test_nobody_listens(self):
        _, messages = self.user(False, defaults(**ASKED) + service(**LOCAL))
        self.assertEqual(messages, [])

    def test_whose_clients_are_asked_about(self):
        server = self.identd(JOE)
        text = defaults(**ASKED) + internal("echo", port=4001, **LOCAL)
        text += internal("daytime", port=4002, **LOCAL)
        text += internal("echo", "dgram", port=4003, **LOCAL)
        text += service("r", port=4004, server=None, server_args=None, redirect="127.0.0.1 4002",
                        **LOCAL)
        text += service("no", port=4005, log_on_success="HOST", **LOCAL)

        def scenario(subject):
            seen = []
            for port in (4001, 4002, 4004, 4005):
                with client.connect(port) as asked:
                    asked.sendall(b"x")
                    seen.append((port, len(client.read_some(asked, 1))))
            seen.append(client.ask(4003, b"x"))
            subject.wait_for_record("USERID", 2)
            subject.wait_idle()
            return seen, sorted(line for line in subject.records() if "USERID" in line)
        seen = self.compare(text, scenario)
        self.assertEqual(seen[1], ["USERID: echo-stream UNIX : joe", "USERID: r UNIX : joe"])
        self.assertEqual(len(server.queries), 4, "two for each daemon")

    def test_control_characters_are_escaped(self):
        """xinetd writes them as they are (S16)."""
        self.identd(b"PORTS : USERID : UNIX : j\x1b[31m\x01\ro\xff\\e\0f\nEXIT: a\r\n")
        subject = self.started(USHERD, defaults(**ASKED) + service(**LOCAL))
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_for_record("EXIT: a status")
        self.assertEqual(subject.records()[1], r"USERID: a UNIX : j\x1b[31m\x01\ro\xff\\e\x00f\n"
                         "EXIT: a")


class Only(IdentCase):
    def test_a_client_with_a_user_is_served(self):
        answer, _ = self.same(JOE, defaults(**ASKED) + service(**ONLY), lambda _: 3)
        self.assertEqual(answer.data, b"hello\n")

    def refused(self, reply, text, scenario=None):
        """xinetd's START and EXIT of a client that is not served are the child's."""
        def only_noid(seen):
            answer, (lines, messages) = seen
            return answer, ([line for line in lines if line.startswith("NOID")], messages)
        return self.same(reply, text, lambda subject: 3 if subject.is_oracle else 1,
                         translate=only_noid, scenario=scenario)

    def test_clients_without_a_user_are_not_served(self):
        for reply, why in ((False, "no server"), (b"PORTS : ERROR : NO-USER\r\n", "bad response"),
                           (b"PORTS : USE", "error while receiving response")):
            answer, (lines, _) = self.refused(reply, defaults(**ASKED) + service(**ONLY))
            self.assertEqual(answer.data, b"")
            self.assertEqual(lines, [f"NOID: a 127.0.0.1 {why}"])

    def test_banners_and_no_failure_banner(self):
        with open("/tmp/yes", "w") as yes, open("/tmp/no", "w") as no:
            yes.write("<yes>")
            no.write("<no>")
        answer, _ = self.refused(False, defaults(**ASKED) + service(
            **ONLY, banner_success="/tmp/yes", banner_fail="/tmp/no"))
        self.assertEqual(answer.data, b"<yes>")

    def test_without_userid_it_means_nothing(self):
        answer, _ = self.same(False, defaults() + service(**ONLY), lambda _: 2)
        self.assertEqual(answer.data, b"hello\n")

    def test_the_slot_is_given_back(self):
        subject = self.started(USHERD, defaults(**ASKED) + service(
            **ONLY, instances=1, limit_action="queue"))
        for _ in range(3):
            self.assertEqual(client.exchange(4000).data, b"")
        subject.wait_for_record("NOID", 3)

    def test_a_silent_server_is_waited_for_five_seconds(self):
        """With xinetd for ever (S10)."""
        self.identd(None)
        subject = self.started(USHERD, defaults(**ASKED) + service(**ONLY))
        began = time.monotonic()
        self.assertEqual(client.exchange(4000).data, b"")
        self.assertGreater(time.monotonic() - began, 4.5)
        self.assertEqual(subject.wait_for_record("NOID"), ["NOID: a 127.0.0.1 timeout"])


class Refused(IdentCase):
    FAILURES = {"log_on_failure": "HOST USERID"}

    def test_who_is_refused_without_a_process_is_asked_about(self):
        for more, reason in (({"instances": 0}, "service_limit"),
                             ({"access_times": another_time()}, "time"),
                             ({"max_load": "-1"}, "load"), ({"per_source": 0}, "per_source_limit"),
                             ({"flags": "SENSOR", "type": "INTERNAL UNLISTED"}, "address")):
            lines, _ = self.same(JOE, defaults(**self.FAILURES) + service(**LOCAL, **more),
                                 lambda _: 2)[1]
            self.assertEqual(lines, [f"FAIL: a {reason} from=127.0.0.1", "USERID: a UNIX : joe"])

    def test_who_is_refused_by_address_is_not(self):
        server = self.identd(JOE)
        subject = self.started(USHERD, defaults(**self.FAILURES) + service(no_access="127.0.0.1"))
        client.exchange(4000)
        subject.wait_idle()
        self.assertEqual(server.queries, [])

    def test_who_is_refused_inside_the_daemon_is_asked_about_whatever_the_reason(self):
        text = defaults(**self.FAILURES) + internal("daytime", port=4000, no_access="127.0.0.1",
                                                    **LOCAL)
        lines, _ = self.same(JOE, text, lambda _: 2)[1]
        self.assertEqual(lines[1], "USERID: daytime-stream UNIX : joe")

    def test_the_connection_stays_until_the_answer_and_the_banner_comes_before(self):
        with open("/tmp/no", "w") as no:
            no.write("<no>")
        server = self.identd(lambda _: None)
        subject = self.started(USHERD, defaults(**self.FAILURES) + service(
            **LOCAL, instances=0, banner_fail="/tmp/no"))
        with client.connect(4000) as asked:
            self.assertEqual(client.read_some(asked, 4), b"<no>")
            wait.wait_until(lambda: server.queries, "the query")
            self.assertEqual(client.read_all_within(asked, 0.2).ending, "open")
            ports = server.queries[0][0].strip()
            server.kept[0].sendall(ports + b" : USERID : UNIX : joe\r\n")
            self.assertEqual(client.read_all(asked).ending, "eof")
        subject.wait_for_record("USERID: a UNIX : joe")

    def test_failures_are_said(self):
        for reply in (b"PORTS : ERROR : NO-USER\r\n", b"PORTS"):
            _, messages = self.same(reply, defaults(**self.FAILURES) +
                                    service(**LOCAL, instances=0), lambda _: 1,
                                    scenario=lambda: client.exchange(4000, half_close=False))[1]
            self.assertTrue(messages[-1].startswith("Failed to contact identity server at "
                                                    "127.0.0.1: "), messages)

    def test_logprocs_is_the_most_that_are_asked_at_a_time(self):
        """xinetd does not count (D19)."""
        server = self.identd(None)
        subject = self.started(USHERD, defaults(**self.FAILURES) + service(
            **LOCAL, instances=0, cps="0 0"), "-logprocs", "2")
        held = [client.connect(4000) for _ in range(2)]
        wait.wait_until(lambda: len(server.queries) == 2, "two queries")
        self.assertEqual(client.exchange(4000), client.Reply(b"", "eof"))
        subject.wait_for_record("FAIL", 3)
        self.assertEqual(len(server.queries), 2)
        for each in held:
            each.close()


class Hostile(IdentCase):
    def test_a_silent_server_delays_its_own_client_only_and_not_for_ever(self):
        server = self.identd(None)
        subject = self.started(USHERD, defaults(**ASKED) + service(**LOCAL) +
                               service("b", port=4001, log_on_success="HOST"))
        began = time.monotonic()
        with client.connect(4000) as asked:
            wait.wait_until(lambda: server.queries, "the query")
            self.assertEqual(client.exchange(4001).data, b"hello\n")
            self.assertEqual([line for line in subject.records() if " a" in line], [])
            self.assertEqual(client.read_all(asked).data, b"hello\n")
        self.assertGreater(time.monotonic() - began, 4.5)
        subject.wait_for_record("EXIT: a")
        self.assertEqual([line for line in subject.records() if "USERID" in line], [])

    def test_megabytes_are_not_read(self):
        def flood(connection):
            try:
                while True:
                    connection.sendall(b"x" * 65536)
            except OSError:
                pass
        self.identd(flood)
        subject = self.started(USHERD, defaults(**ASKED) + service(**LOCAL))
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_for_message("Too much input from identity server")
        subject.wait_idle()

    def test_a_reply_byte_by_byte_for_ever_ends_in_time(self):
        def trickle(connection):
            try:
                for _ in range(6000):
                    connection.sendall(b" ")
                    time.sleep(0.05)
            except OSError:
                pass
        self.identd(trickle)
        subject = self.started(USHERD, defaults(**ASKED) + service(**LOCAL))
        began = time.monotonic()
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertLess(time.monotonic() - began, 120)
        subject.wait_idle()

    def test_a_client_that_goes_away_meanwhile_and_a_service_that_does(self):
        server = self.identd(None)
        subject = self.started(USHERD, defaults(**ASKED) + service(**LOCAL) +
                               service("b", port=4001, **LOCAL))
        client.connect(4000).close()
        with client.connect(4001) as asked:
            wait.wait_until(lambda: len(server.queries) == 2, "two queries")
            subject.configure(defaults(**ASKED) + service(**LOCAL, nice=1))
            subject.reload()
            self.assertEqual(client.read_all(asked).data, b"")
        subject.wait_for_record("EXIT: a")
        subject.wait_idle()

    def test_over_unix_sockets_nobody_is_asked(self):
        subject = self.started(USHERD, defaults(**ASKED) +
                               service(port=None, listen="unix:@DIR@/a") +
                               service("b", port=None, listen="unix:@DIR@/b", flags="IDONLY"))
        seen = []
        for name in "ab":
            with socket.socket(socket.AF_UNIX) as local:
                local.connect(f"{subject.directory}/{name}")
                seen.append(client.read_all(local).data)
        self.assertEqual(seen, [b"hello\n", b""])
