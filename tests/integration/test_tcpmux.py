# SPDX-License-Identifier: BSD-2-Clause
#
# tcpmux (RFC 1078): which services it leads to, as whom they run, what the client reads. Where
# xinetd is compared with, its replies lose the NUL behind CR LF (D18).

import fcntl
import socket
import struct
import termios
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, on, processes, wait
from harness.config import defaults, internal, service
from harness.logs import normalised

MUX = 1


def tcpmux(**attributes):
    return internal("tcpmux", port=MUX, **({"id": "tcpmux", "user": "root"} | attributes))


def reached(name, **attributes):
    """A service behind tcpmux that tells who it runs as."""
    basic = {"type": "TCPMUX UNLISTED", "port": None, "user": "alice", "server": "/usr/bin/id",
             "server_args": None}
    return service(name, **(basic | attributes))


def ask(*parts, source=None, half_close=True, seconds=None):
    """Sends the parts, each when the one before has arrived, and reads to the end."""
    with client.connect(MUX, source=source, seconds=seconds) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts[:-1]:
            connection.sendall(part)
            wait_until_taken(connection)
        connection.sendall(parts[-1])
        if half_close:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was quicker
        return client.read_all(connection)


def wait_until_taken(connection):
    """Until the other side's system has all that was sent."""
    wait.wait_until(lambda: unsent(connection) == 0, "what was sent has arrived")


def unsent(connection):
    return struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]


def without_nul(reply):
    """As usherd says it: the NUL behind xinetd's replies is row D18."""
    if not isinstance(reply, client.Reply):
        return [without_nul(each) for each in reply]
    return client.Reply(reply.data.replace(b"\r\n\0", b"\r\n"), reply.ending)


class Reached(IntegrationCase):
    def same_replies(self, configuration, *requests):
        """What both daemons answer to each request."""
        return self.compare(configuration, lambda subject: [ask(request) for request in requests],
                            translate=without_nul)

    def test_a_name_leads_to_its_service_whatever_its_case(self):
        text = (defaults() + tcpmux() + reached("plain", server="/bin/cat")
                + reached("plus", type="TCPMUXPLUS UNLISTED", server="/bin/echo",
                          server_args="hello")
                + reached("both", type="TCPMUX TCPMUXPLUS UNLISTED", server="/bin/echo"))
        replies = self.same_replies(text, b"plain\r\n", b"plus\r\n", b"PLUS\r\n", b"both\r\n")
        self.assertEqual([reply.data for reply in replies],
                         [b"", b"+Go\r\nhello\n", b"+Go\r\nhello\n", b"+Go\r\n\n"])

    def test_only_tcpmux_services_are_reached_CVE_2012_0862(self):
        """xinetd up to 2.3.14 led to every enabled service."""
        text = (defaults() + tcpmux() + service("other") + internal("echo", port=7)
                + reached("mine", type="TCPMUXPLUS UNLISTED"))
        replies = self.same_replies(text, b"other\r\n", b"echo\r\n", b"echo-stream\r\n",
                                    b"tcpmux\r\n", b"min\r\n", b"mine \r\n")
        self.assertEqual({reply.data for reply in replies}, {b"-Service name not found\r\n"})

    def test_a_service_runs_as_its_own_user_and_group_CVE_2013_4342(self):
        """xinetd up to 2.3.15 started all of them as root."""
        text = (defaults() + tcpmux() + reached("a") + reached("b", user="bob", group="wheelers")
                + reached("c", user="alice", groups="yes"))
        replies = self.same_replies(text, b"a\r\n", b"b\r\n", b"c\r\n")
        self.assertEqual([reply.data for reply in replies],
                         [b"uid=4001(alice) gid=4001(alice) groups=4001(alice)\n",
                          b"uid=4005(bob) gid=4002(wheelers) groups=4002(wheelers)\n",
                          b"uid=4001(alice) gid=4001(alice) "
                          b"groups=4001(alice),4002(wheelers),4003(readers)\n"])

    def test_the_name_counts_and_not_the_id_and_the_first_of_equal_names(self):
        echo = {"type": "TCPMUXPLUS UNLISTED", "server": "/bin/echo"}
        text = (defaults() + tcpmux() + reached("name", id="other", server_args="one", **echo)
                + reached("twice", id="first", server_args="first", **echo)
                + reached("twice", id="second", server_args="second", **echo))
        replies = self.same_replies(text, b"name\r\n", b"other\r\n", b"twice\r\n")
        self.assertEqual([reply.data for reply in replies],
                         [b"+Go\r\none\n", b"-Service name not found\r\n", b"+Go\r\nfirst\n"])

    def test_the_success_banner_follows_the_reply(self):
        text = (defaults() + tcpmux(banner="@DIR@/greeting")
                + reached("a", type="TCPMUXPLUS UNLISTED", server="/bin/echo",
                          server_args="served", banner_success="@DIR@/success",
                          banner="@DIR@/never"))

        def scenario(subject):
            for name in ("greeting", "success", "never"):
                subject.write(name, f"{name}\n")
            return ask(b"a\r\n")
        reply = self.compare(text, scenario, translate=without_nul)
        self.assertEqual(reply.data, b"greeting\n+Go\r\nsuccess\nserved\n")

    def test_no_line_and_bad_lines_end_without_a_word(self):
        text = defaults() + tcpmux() + reached("a", type="TCPMUXPLUS UNLISTED")
        replies = self.same_replies(text, b"", b"a", b"a\n", b"\r\n", b"a\r")
        self.assertEqual({reply.data for reply in replies}, {b""})
        too_long = self.compare(text, lambda subject: ask(b"x" * 1100 + b"\r\n").data)
        self.assertEqual(too_long, b"")

    def test_addresses_that_a_service_refuses_get_no_server(self):
        text = defaults() + tcpmux() + reached("a", no_access="127.0.0.1")
        replies = self.same_replies(text, b"a\r\n")
        self.assertEqual(replies[0].data, b"")

    def test_the_dump_has_them_as_not_started(self):
        text = defaults() + tcpmux() + reached("a") + service()

        def scenario(subject):
            subject.wait_for_message("Started working: 2 available services")
            return True
        self.compare(text, scenario)


class Line(IntegrationCase):
    """Row D18: xinetd reads once, and that must be the line and nothing else."""

    def started_with(self, *services, **attributes):
        return self.started(USHERD, defaults() + tcpmux(**attributes) + "".join(services))

    def test_a_line_may_come_in_pieces(self):
        self.started_with(reached("plus", type="TCPMUXPLUS UNLISTED", server="/bin/echo"))
        for parts in ((b"pl", b"us\r\n"), (b"plus\r", b"\n"), (b"p", b"l", b"us", b"\r", b"\n")):
            self.assertEqual(ask(*parts).data, b"+Go\r\n\n")

    def test_what_is_sent_with_the_line_reaches_the_server(self):
        self.started_with(reached("cat", server="/bin/cat"),
                          reached("echo", type="TCPMUXPLUS INTERNAL UNLISTED", server=None))
        self.assertEqual(ask(b"cat\r\nand more\r\n").data, b"and more\r\n")
        self.assertEqual(ask(b"cat\r", b"\nand more").data, b"and more")
        self.assertEqual(ask(b"echo\r\nfour").data, b"+Go\r\nfour")
        much = b"cat\r\n" + b"0123456789" * 20000
        self.assertEqual(ask(much).data, much[5:])

    def test_help_lists_the_services_unless_one_has_that_name(self):
        subject = self.started_with(reached("one"), reached("two", type="TCPMUXPLUS UNLISTED"),
                                    service("other"))
        self.assertEqual(ask(b"HELP\r\n").data, b"one\r\ntwo\r\n")
        subject.configure(defaults() + tcpmux()
                          + reached("help", server="/bin/echo", server_args="helped"))
        subject.reload()
        self.assertEqual(ask(b"HELP\r\n").data, b"helped\n")

    def test_an_unknown_name_with_more_behind_it_still_gets_its_answer(self):
        self.started_with(reached("a"))
        reply = ask(b"unknown\r\n" + b"x" * 5000, half_close=False)
        self.assertEqual(reply, client.Reply(b"-Service name not found\r\n", "eof"))

    def test_internal_and_redirected_services_answer_after_the_reply(self):
        plus = {"type": "TCPMUXPLUS UNLISTED", "server": None}
        self.started_with(reached("daytime", **(plus | {"type": "TCPMUXPLUS INTERNAL UNLISTED"})),
                          reached("away", redirect="127.0.0.1 4100", **plus),
                          internal("echo", port=4100))
        self.assertRegex(ask(b"daytime\r\n").data, rb"^\+Go\r\n\d\d [A-Z]{3} .* UTC\r\n$")
        self.assertEqual(ask(b"away\r\nthere").data, b"+Go\r\nthere")


class Limits(IntegrationCase):
    def test_a_service_has_its_own_limits_and_log(self):
        """xinetd applies its address lists only, and logs tcpmux alone."""
        text = (defaults() + tcpmux(log_on_success="")
                + reached("a", server="/bin/cat", instances=1)
                + reached("b", no_access="127.0.0.1")
                + reached("c", cps="1 300", type="TCPMUXPLUS UNLISTED"))
        subject = self.started(USHERD, text)
        with client.connect(MUX) as held:
            held.sendall(b"a\r\nx")
            self.assertEqual(client.read_some(held, 1), b"x")
            subject.wait_for_record("START: a")
            self.assertEqual(ask(b"a\r\n").data, b"")
        subject.wait_for_record("EXIT: a")
        self.assertEqual(ask(b"b\r\n").data, b"")
        subject.wait_for_record("FAIL: b")
        self.assertEqual([normalised(line) for line in subject.records()],
                         ["START: a pid=N from=::ffff:127.0.0.1",
                          "FAIL: a service_limit from=::ffff:127.0.0.1",
                          "EXIT: a status=0 pid=N duration=T(sec)",
                          "FAIL: b address from=::ffff:127.0.0.1"])
        subject.trip(lambda: ask(b"c\r\n"))
        self.assertEqual(ask(b"c\r\n").data, b"-Service not available\r\n")
        self.assertEqual(ask(b"HELP\r\n").data, b"a\r\nb\r\n")

    @on(XINETD, USHERD)
    def test_what_tcpmux_has_led_to_counts_against_its_instances(self, kind):
        text = defaults() + tcpmux(instances=1) + reached("a", server="/bin/cat")
        subject = self.started(kind, text)
        with client.connect(MUX) as held:
            held.sendall(b"a\r\n")
            wait_until_taken(held)
            wait.wait_until(lambda: any("cat" in processes.command(pid)
                                        for pid in subject.handlers()), "a server")
            self.assertEqual(ask(b"a\r\n").data, b"")
            subject.wait_for_record("FAIL: tcpmux service_limit")
            if kind == USHERD:
                self.check_consistency(subject)
        subject.wait_idle()
        self.assertEqual(ask(b"a\r\nagain").data if kind == USHERD else b"again", b"again")

    def check_consistency(self, subject):
        subject.send(6)
        self.assertEqual(subject.wait_for_message("Consistency check"),
                         ["Consistency check passed"])

    def test_with_limit_action_queue_tcpmux_goes_on_when_a_server_has_ended(self):
        text = (defaults() + tcpmux(instances=1, limit_action="queue")
                + reached("a", server="/bin/cat"))
        self.started(USHERD, text)
        with client.connect(MUX) as held:
            held.sendall(b"a\r\nx")
            self.assertEqual(client.read_some(held, 1), b"x")
            with client.connect(MUX) as next_one:
                next_one.sendall(b"a\r\ny")
                held.close()
                self.assertEqual(client.read_some(next_one, 1), b"y")

    def test_the_records_of_tcpmux_end_where_those_of_the_service_begin(self):
        subject = self.started(USHERD, defaults() + tcpmux() + reached("a"))
        ask(b"a\r\n")
        subject.wait_for_record("EXIT: a")
        self.assertEqual([normalised(line) for line in subject.records()],
                         ["START: tcpmux pid=N from=::ffff:127.0.0.1",
                          "EXIT: tcpmux status=0 pid=N duration=T(sec)",
                          "START: a pid=N from=::ffff:127.0.0.1",
                          "EXIT: a status=0 pid=N duration=T(sec)"])

    def test_a_client_that_says_nothing_is_dropped_in_time(self):
        subject = self.started(USHERD, defaults() + tcpmux() + reached("a"))
        begun = time.monotonic()
        with client.connect(MUX, seconds=90) as silent:
            self.assertEqual(client.read_all(silent), client.Reply(b"", "eof"))
        self.assertGreater(time.monotonic() - begun, 25)
        subject.wait_for_record("EXIT: tcpmux")

    def test_of_too_many_silent_clients_the_oldest_goes(self):
        subject = self.started(USHERD, defaults() + tcpmux(instances="UNLIMITED", cps="9999 1")
                               + reached("a", server="/bin/echo", server_args="there"))
        held = [client.connect(MUX) for _ in range(1024)]
        try:
            subject.wait_for_record("START: tcpmux", 1024)
            self.assertEqual(ask(b"a\r\n").data, b"there\n")
            self.assertEqual(client.read_all(held[0]), client.Reply(b"", "eof"))
            held[1].sendall(b"a\r\n")
            self.assertEqual(client.read_all(held[1]).data, b"there\n")
        finally:
            for connection in held:
                connection.close()

    def test_stopping_and_removing_ends_the_waiting(self):
        subject = self.started(USHERD, defaults() + tcpmux() + reached("a") + service())
        with client.connect(MUX) as silent:
            subject.wait_for_record("START: tcpmux")
            subject.configure(defaults() + service())
            subject.reload()
            self.assertEqual(client.read_all(silent).data, b"")
        self.assertEqual(client.exchange(MUX).ending, "refused")
