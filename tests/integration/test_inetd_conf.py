# SPDX-License-Identifier: BSD-2-Clause
#
# -inetd_compat: /etc/inetd.conf beside the main file. What xinetd understands is compared with it;
# the forms of other inetds that it does not are checked for what they mean there.

import os
import pathlib
import socket

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs, probe
from harness.case import USHERD, XINETD, IntegrationCase, on, processes, wait
from harness.config import defaults, service

INETD_CONF = pathlib.Path("/etc/inetd.conf")


def sh(command):
    """Fields from the server on: a shell that runs a command without blanks."""
    return f"/bin/sh sh -c {command.replace(' ', '${IFS}')}"


class InetdCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(INETD_CONF.unlink, missing_ok=True)

    def write(self, *lines):
        INETD_CONF.write_text("".join(f"{line}\n" for line in lines))

    def serve(self, *lines, kind=USHERD, conf=None, options=()):
        self.write(*lines)
        return self.started(kind, defaults() if conf is None else conf, "-inetd_compat", *options)

    def compare_lines(self, lines, scenario, conf=None, **more):
        self.write(*lines)
        return self.compare(defaults() if conf is None else conf, scenario, "-inetd_compat", **more)

    def says(self, port, host="127.0.0.1", source=None):
        return client.exchange(port, host=host, source=source).data.decode().strip()


class AsXinetd(InetdCase):
    def test_what_the_server_is_given(self):
        probe.install(self)

        def scenario(_):
            seen = probe.parse(client.exchange(21).data)
            return seen.argv, seen.ids, seen.variables["REMOTE_HOST"], sorted(seen.descriptors)
        seen = self.compare_lines(
            [f"ftp stream tcp nowait daemon.tty {probe.PATH} a-name -l \"a b\" # all of it"], scenario)
        self.assertEqual(seen[0], ["a-name", "-l", '"a', 'b"', "#", "all", "of", "it"])

    def test_records_of_programs_and_of_internal_services(self):
        def scenario(subject):
            client.exchange(21)
            client.exchange(13)
            subject.wait_for_record("EXIT: ftp")
            return [logs.normalised(line) for line in subject.records() if " ftp" in line]
        lines = ["ftp stream tcp nowait root /bin/echo echo hello",
                 "daytime STREAM TCP NoWait root Internal"]
        seen = self.compare_lines(lines, scenario)
        self.assertEqual(seen[0], "START: ftp pid=N from=::ffff:127.0.0.1")

    @on(XINETD, USHERD)
    def test_ids_of_internal_services_tell_stream_from_dgram(self, kind):
        """xinetd calls both of them NAME-dgram (D30)."""
        subject = self.serve("daytime stream tcp nowait root internal",
                             "echo dgram udp wait root internal", kind=kind)
        client.exchange(13)
        self.assertEqual(client.ask(7, b"x"), b"x")
        expected = "daytime-dgram" if kind == XINETD else "daytime-stream"
        subject.wait_for_record(f"START: {expected} ")
        subject.wait_for_record("START: echo-dgram ")

    def test_limits_of_defaults_hold(self):
        def scenario(subject):
            reply = client.exchange(21).data
            subject.wait_for_record("ftp")
            return reply, [logs.normalised(line) for line in subject.records()][:1]
        refused = self.compare_lines(["ftp stream tcp nowait root /bin/echo echo hi"], scenario,
                                     defaults(instances=0))
        self.assertIn("service_limit", refused[1][0])

    @on(XINETD, USHERD)
    def test_address_lists_of_defaults_hold(self, kind):
        """xinetd leaves services of inetd.conf open (S3)."""
        for lists in {"only_from": "192.0.2.9"}, {"no_access": "127.0.0.1"}:
            subject = self.serve("ftp stream tcp nowait root /bin/echo echo hi", kind=kind,
                                 conf=defaults(**lists))
            self.assertEqual(client.exchange(21).data, b"hi\n" if kind == XINETD else b"")
            subject.wait_for_record("START: ftp " if kind == XINETD else "FAIL: ftp address ")
            subject.stop()

    def test_enabled_and_disabled_name_its_services_too(self):
        def scenario(_):
            return sorted(port for _, _, port in processes.listening())
        lines = ["ftp stream tcp nowait root /bin/echo echo", "telnet stream tcp nowait root /bin/echo x"]
        self.assertEqual(self.compare_lines(lines, scenario, defaults(enabled="ftp")), [21])
        self.assertEqual(self.compare_lines(lines, scenario, defaults(disabled="ftp")), [23])

    def test_a_service_of_the_main_file_keeps_its_port(self):
        def scenario(_):
            return self.says(21), self.says(23)
        conf = (defaults() + service("ftp", type=None, port=None, server_args="main")
                + service("telnet", type=None, port=None, disable="yes"))
        seen = self.compare_lines(["ftp stream tcp nowait root /bin/echo echo inetd",
                                   "telnet stream tcp nowait root /bin/echo echo inetd"],
                                  scenario, conf)
        self.assertEqual(seen, ("main", "inetd"))

    def test_no_file_is_no_mistake(self):
        INETD_CONF.unlink(missing_ok=True)
        self.compare(defaults() + service(), lambda _: self.says(4000), "-inetd_compat")

    def test_a_missing_server_shows_when_it_is_started(self):
        def scenario(subject):
            reply = client.exchange(21)
            subject.wait_for_record("START: ftp")
            return reply.data
        self.compare_lines(["ftp stream tcp nowait root /nowhere/ftpd ftpd"], scenario)

    def test_five_reloads_with_changing_services(self):
        names = {"ftp": 21, "telnet": 23, "finger": 79, "time": 37, "daytime": 13}

        def scenario(subject):
            seen = []
            for name in names:
                self.write(f"{name} stream tcp nowait root /bin/echo echo {name}")
                seen.append((subject.reload(), self.says(names[name]),
                             sorted(port for _, _, port in processes.listening())))
            return seen
        seen = self.compare_lines(["ssh stream tcp nowait root /bin/echo echo ssh"], scenario)
        self.assertEqual([ports for _, _, ports in seen], [[port] for port in names.values()])

    @on(USHERD)
    def test_a_short_line_costs_no_other_service(self, kind):
        """xinetd crashes at a line of two fields (D30)."""
        subject = self.serve("ftp stream", "telnet", "finger stream tcp nowait root /bin/echo echo hi",
                             kind=kind)
        self.assertEqual(self.says(79), "hi")
        self.assertEqual(len([text for text in subject.message_texts("ERROR") if "6 fields" in text]), 2)


class Addresses(InetdCase):
    @on(USHERD)
    def test_an_address_before_the_name(self, kind):
        self.serve("127.0.0.1:4000 stream tcp nowait root /bin/echo echo four",
                   "[::1]:4000 stream tcp6 nowait root /bin/echo echo six",
                   "127.0.0.1,192.0.2.1:ftp stream tcp nowait root /bin/echo echo two", kind=kind)
        self.assertEqual(self.says(4000), "four")
        self.assertEqual(self.says(4000, "::1"), "six")
        self.assertEqual(self.says(4000, "192.0.2.1"), "")
        self.assertEqual((self.says(21), self.says(21, "192.0.2.1")), ("two", "two"))
        self.assertEqual(client.exchange(21, host="::1").ending, "refused")

    @on(USHERD)
    def test_an_address_for_the_lines_after_it(self, kind):
        self.serve("127.0.0.1:", "4000 stream tcp nowait root /bin/echo echo near",
                   "*:", "4001 stream tcp nowait root /bin/echo echo far", kind=kind)
        self.assertEqual(self.says(4000), "near")
        self.assertEqual(client.exchange(4000, host="192.0.2.1").ending, "refused")
        self.assertEqual(self.says(4001, "192.0.2.1"), "far")

    @on(USHERD)
    def test_five_reloads_with_changing_ports(self, kind):
        subject = self.serve("4000 stream tcp nowait root /bin/echo echo 4000", kind=kind)
        for port in range(4001, 4006):
            self.write(f"127.0.0.1:{port} stream tcp nowait root /bin/echo echo {port}")
            subject.reload()
            self.assertEqual(self.says(port), str(port))
            self.assertEqual([bound for _, _, bound in processes.listening()], [port])

    @on(USHERD)
    def test_two_servers_for_two_families(self, kind):
        self.serve("4000 stream tcp nowait root /bin/echo echo four",
                   "4000 stream tcp6 nowait root /bin/echo echo six", kind=kind)
        self.assertEqual((self.says(4000), self.says(4000, "::1")), ("four", "six"))

    @on(USHERD)
    def test_tcp6_is_for_ipv6_clients(self, kind):
        self.serve("4000 stream tcp6 nowait root /bin/echo echo six", kind=kind)
        self.assertEqual(self.says(4000, "::1"), "six")
        self.assertEqual(client.exchange(4000).ending, "refused")

    @on(USHERD)
    def test_tcp6_is_for_everybody_with_inetd_ipv6(self, kind):
        self.serve("4000 stream tcp6 nowait root /bin/echo echo six", kind=kind,
                   options=["-inetd_ipv6"])
        self.assertEqual((self.says(4000, "::1"), self.says(4000)), ("six", "six"))

    @on(USHERD)
    def test_a_unix_socket(self, kind):
        self.serve(":root:tty:0640:/tmp/work/socket stream unix nowait root /bin/echo echo local",
                   kind=kind)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("/tmp/work/socket")
            self.assertEqual(client.read_all(connection).data, b"local\n")
        self.assertEqual(os.stat("/tmp/work/socket").st_mode & 0o777, 0o640)


class Limits(InetdCase):
    def held(self, port=4000, source=None):
        connection = client.connect(port, source=source)
        self.addCleanup(connection.close)
        return connection

    def answers(self, connection):
        connection.sendall(b"x")
        return client.read_some(connection, 1) == b"x"

    def check_queue(self, field):
        """Two are served, the third waits in the backlog for one of them to end."""
        subject = self.serve(f"4000 stream tcp {field} root /bin/cat cat")
        first, second = self.held(), self.held()
        self.assertTrue(self.answers(first) and self.answers(second))
        third = self.held()
        third.sendall(b"z")
        self.assertEqual(client.read_all_within(third, 0.3).ending, "open")
        self.assertEqual(len(subject.handlers()), 2)
        first.close()
        third.settimeout(wait.PATIENCE)
        self.assertEqual(client.read_some(third, 1), b"z")
        self.assertFalse(any("FAIL" in line for line in subject.records()))

    def test_nowait_dot_two_lets_the_third_wait(self):
        self.check_queue("nowait.2")

    def test_nowait_slash_two_lets_the_third_wait(self):
        self.check_queue("nowait/2")

    @on(USHERD)
    def test_the_third_number_is_for_each_source(self, kind):
        subject = self.serve("4000 stream tcp nowait/0/0/1 root /bin/cat cat", kind=kind)
        first = self.held()
        self.assertTrue(self.answers(first))
        self.assertEqual(client.exchange(4000, b"").data, b"")
        subject.wait_for_record("FAIL: 4000 per_source_limit")
        self.assertTrue(self.answers(self.held(source="127.0.0.2")))

    @on(USHERD)
    def test_wait_with_a_number_waits(self, kind):
        """xinetd takes it for nowait (D30)."""
        subject = self.serve("4000 dgram udp wait.20 root /bin/sleep sleep 1000", kind=kind)
        with client.datagram_socket() as asker:
            asker.sendto(b"x", ("127.0.0.1", 4000))
            asker.sendto(b"y", ("127.0.0.1", 4000))
            subject.wait_for_record("START: 4000")
            self.assertEqual(len(subject.handlers()), 1)
        self.end_handlers(subject)

    def end_handlers(self, subject):
        self.write()
        subject.reload()  # what is removed is killed
        subject.wait_for_handlers(0)
