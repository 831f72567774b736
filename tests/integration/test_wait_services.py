# SPDX-License-Identifier: BSD-2-Clause
#
# Services with `wait = yes`: one server at a time has the listening or datagram socket itself.

import os
import shutil
import signal
import socket

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs, probe, status
from harness.case import HERE, USHERD, WORK, XINETD, IntegrationCase, on, processes, wait
from harness.config import block, defaults, service

SERVER = "/tmp/work/waiting_server.py"


class WaitCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        shutil.copy(HERE / "handlers/waiting_server.py", SERVER)

    def stream(self, what, count=1, **more):
        return service(wait="yes", server="/usr/bin/python3",
                       server_args=f"-I -S {SERVER} {what} {count}", **more)

    def dgram(self, what, count=1, **more):
        return service(wait="yes", socket_type="dgram", protocol="udp", server="/usr/bin/python3",
                       server_args=f"-I -S {SERVER} {what} {count}", **more)

    def records(self, subject):
        return [logs.normalised(line) for line in subject.records()]

    def served(self, source=None, host="127.0.0.1", port=4000):
        reply = client.exchange(port, b"x", host=host, source=source)
        self.assertTrue(reply.data.endswith(b" x"), reply)

    def ignored(self, source=None, host="127.0.0.1", port=4000):
        with self.assertRaises(TimeoutError):
            client.connect(port, host, source, seconds=0.4).close()


class Stream(WaitCase):
    def test_one_server_after_the_other_accepts_for_itself(self):
        def scenario(subject):
            replies = [client.exchange(4000, b"hello").data.split() for _ in range(3)]
            subject.wait_for_record("EXIT: a", 3)
            pids = {reply[0] for reply in replies}
            return len(pids), [reply[1] for reply in replies], self.records(subject)
        seen = self.compare(defaults() + self.stream("serve"), scenario)
        self.assertEqual(seen, (3, [b"hello"] * 3, [
            "START: a pid=N from=<no address>",
            "EXIT: a status=0 pid=N duration=T(sec)"] * 3))

    def test_a_server_that_stays_serves_them_all(self):
        def scenario(subject):
            replies = [client.exchange(4000, b"x").data.split()[0] for _ in range(5)]
            subject.wait_for_record("EXIT: a")
            return len(set(replies)), self.records(subject)
        seen = self.compare(defaults() + self.stream("serve", 5), scenario)
        self.assertEqual(seen[0], 1)
        self.assertEqual(len(seen[1]), 2)

    def test_connections_wait_in_the_backlog_for_the_next_server(self):
        def scenario(subject):
            connections = [client.connect(4000) for _ in range(4)]
            replies = []
            for connection in connections:
                connection.sendall(b"x")
                replies.append(client.read_all(connection).data.split()[0])
                connection.close()
            subject.wait_for_record("EXIT: a", 4)
            return len(set(replies))
        self.assertEqual(self.compare(defaults() + self.stream("serve"), scenario), 4)

    @on(XINETD, USHERD)
    def test_the_server_has_the_listening_socket_and_no_peer(self, kind):
        probe.install(self)
        script = WORK / "report.sh"
        script.write_text(f"{probe.PATH} > {WORK}/seen.new; mv {WORK}/seen.new {WORK}/seen\n"
                          "exec sleep 1000\n")
        text = service(wait="yes", server="/bin/sh", server_args=script)
        subject = self.started(kind, defaults() + text)
        with client.connect(4000):
            wait.wait_until((WORK / "seen").exists, "the probe's report")
        seen = probe.parse((WORK / "seen").read_bytes())
        self.assertEqual(seen.variables["REMOTE_HOST"], "<no address>")
        self.assertEqual(sorted(seen.descriptors), [0, 1, 2])
        self.assertEqual(seen.descriptors[0], seen.descriptors[2])
        inode = seen.descriptors[0][8:-1]
        self.assertEqual(processes.tcp_sockets()[inode], (4000, processes.TCP_LISTEN))
        # Nobody ever accepts: the connection that waits would start one server after the other.
        self.assertEqual(subject.stop(), 0)
        self.end_leftovers()

    def test_a_server_that_ignores_its_connection_is_stopped_by_cps(self):
        def scenario(subject):
            with client.connect(4000):
                subject.wait_for_message("Deactivating service a")
            subject.wait_for_record("EXIT: a", 4)
            return self.records(subject)
        # Quick enough to be too many in a second, however busy the machine is.
        text = defaults() + service(wait="yes", server="/bin/true", server_args=None, cps="4 60")
        lines = self.compare(text, scenario)
        self.assertEqual(sorted(lines), sorted(
            ["START: a pid=N from=<no address>", "EXIT: a status=0 pid=N duration=T(sec)"] * 4
            + ["FAIL: a connections per second from=<no address>"]))


class AddressRules(WaitCase):
    """S15: 2.3.15.3 refuses everybody until cps trips, 2.3.15.4 admits everybody; usherd applies
    the lists with a filter on the socket. A refused client gets no answer at all."""

    @on(USHERD)
    def test_only_from_admits_whom_it_names(self, kind):
        text = self.stream("serve", only_from="127.0.0.2 127.0.1.0/24")
        subject = self.started(kind, defaults() + text)
        self.served("127.0.0.2")
        self.ignored("127.0.0.1")
        self.ignored("::1", "::1")
        self.served("127.0.1.255")
        self.ignored("127.0.2.0")
        subject.wait_for_record("EXIT: a", 2)
        self.assertEqual(len(subject.records()), 4, "nobody hears of refused clients")

    @on(USHERD)
    def test_no_access_of_defaults_holds_on_an_ipv4_socket(self, kind):
        text = defaults(no_access="127.0.0.3") + self.stream("serve", flags="IPv4")
        self.started(kind, text)
        self.served("127.0.0.2")
        self.ignored("127.0.0.3")

    @on(USHERD)
    def test_ipv6_rules_hold_on_an_ipv6_socket(self, kind):
        subject = self.started(kind, defaults() + self.stream("serve", no_access="::1"))
        self.ignored("::1", "::1")
        self.served("127.0.0.1")
        subject.configure(defaults() + self.stream("serve", only_from="::1"))
        subject.reload()
        self.served("::1", "::1")
        self.ignored("127.0.0.1")

    @on(USHERD)
    def test_a_reload_puts_changes_and_removes_them(self, kind):
        subject = self.started(kind, defaults() + self.stream("serve"))
        self.served()
        for rules in ({"only_from": "127.0.0.2"}, {"no_access": "127.0.0.1"}):
            subject.configure(defaults() + self.stream("serve", **rules))
            subject.reload()
            self.served("127.0.0.2")
            self.ignored()
        subject.configure(defaults() + self.stream("serve"))
        subject.reload()
        self.served()

    @on(USHERD)
    def test_they_hold_while_a_server_has_the_socket(self, kind):
        subject = self.started(kind, defaults() + self.stream("serve", 3, only_from="127.0.0.2"))
        self.served("127.0.0.2")
        self.ignored("127.0.0.3")
        subject.configure(defaults() + self.stream("serve", 3, only_from="127.0.0.3"))
        subject.reload()
        self.ignored("127.0.0.2")
        self.served("127.0.0.3")
        subject.configure(defaults() + self.stream("serve", 3))
        subject.reload()
        self.served("127.0.0.2")
        subject.wait_for_record("EXIT: a")
        self.assertEqual(len(subject.records()), 2, "it was one server all the time")

    @on(USHERD)
    def test_a_connection_outlives_the_rules_that_let_it_in(self, kind):
        subject = self.started(kind, defaults() + self.stream("serve"))
        with client.connect(4000) as held:
            subject.wait_for_record("START: a")
            subject.configure(defaults() + self.stream("serve", no_access="127.0.0.1"))
            subject.reload()
            held.sendall(b"still here")
            held.shutdown(socket.SHUT_WR)
            self.assertTrue(client.read_all(held).data.endswith(b" still here"))

    @on(USHERD)
    def test_names_put_it_out_of_service(self, kind):
        text = self.stream("serve", only_from="127.0.0.1", no_access=".example.com")
        subject = self.started(kind, defaults() + text)
        self.assertEqual(client.exchange(4000).ending, "refused")
        self.assertTrue(any("service a is out of service" in text and ".example.com" in text
                            for text in subject.message_texts("ERROR")), subject.story())

    @on(USHERD)
    def test_names_that_come_with_a_reload_stop_a_server_that_has_the_socket(self, kind):
        subject = self.started(kind, defaults() + self.stream("serve", 2))
        self.served()
        subject.configure(defaults() + self.stream("serve", 2, no_access=".example.com"))
        subject.reload()
        self.ignored()
        self.end_leftovers()


class Bans(WaitCase):
    """Nobody is asked about a client that the server accepts by itself."""

    def serve(self, text):
        self.require(USHERD)
        self.subject = self.daemon(USHERD, defaults() + text)
        self.socket = self.subject.directory / "status" / "sock"
        return self.subject.start("--status-socket", str(self.socket))

    def ban(self, source):
        answer = status.ask(self.socket, "/v1/bans", "POST", {"source": source})
        self.assertEqual(answer.status, 201, answer)

    def lift(self, source):
        answer = status.ask(self.socket, f"/v1/bans?source={source}", "DELETE")
        self.assertEqual(answer.status, 200, answer)

    def test_a_ban_comes_and_goes_while_a_server_has_the_socket(self):
        subject = self.serve(self.stream("serve", 4))
        self.served("127.0.0.2")
        self.ban("127.0.0.2")
        self.ignored("127.0.0.2")
        self.served("127.0.0.3")
        self.lift("127.0.0.2")
        self.served("127.0.0.2")
        self.served("127.0.0.3")
        subject.wait_for_record("EXIT: a")
        self.assertEqual(len(subject.records()), 2, "it was one server all the time")

    def test_bans_and_lists_hold_together(self):
        self.serve(self.stream("serve", only_from="127.0.0.0/29"))
        self.ban("127.0.0.2/31")
        for last, there in ((1, self.served), (2, self.ignored), (3, self.ignored),
                            (4, self.served), (8, self.ignored)):
            there(f"127.0.0.{last}")
        self.ignored("::1", "::1")

    def test_a_ban_holds_for_sockets_that_open_later_and_after_a_reload(self):
        subject = self.serve(self.stream("serve"))
        self.ban("127.0.0.2")
        subject.configure(defaults() + self.stream("serve", only_from="127.0.0.0/8") +
                          self.stream("serve", name="late", port=4001))
        subject.reload()
        for port in (4000, 4001):
            self.ignored("127.0.0.2", port=port)
            self.served("127.0.0.3", port=port)
        subject.configure(defaults() + self.stream("serve"))
        subject.reload()
        self.ignored("127.0.0.2")
        self.served("127.0.0.3")

    def test_a_ban_that_is_over_is_taken_from_the_socket(self):
        self.serve(self.stream("serve"))
        answer = status.ask(self.socket, "/v1/bans", "POST", {"source": "::/0", "seconds": 1})
        self.assertEqual(answer.status, 201, answer)
        wait.wait_until(lambda: not status.get(self.socket, "/v1/bans")["bans"], "its end")
        self.served("::1", "::1")


class Datagram(WaitCase):
    def test_the_server_finds_the_datagram_that_started_it(self):
        def scenario(subject):
            replies = []
            for number in range(3):
                replies.append(client.ask(4000, b"%d" % number, source=f"127.0.0.{number + 2}")
                               .split())
                subject.wait_for_record("EXIT: a", number + 1)
            return [reply[1] for reply in replies], self.records(subject)
        seen = self.compare(defaults() + self.dgram("serve"), scenario)
        self.assertEqual(seen[0], [b"0", b"1", b"2"])
        self.assertEqual(seen[1][2], "START: a pid=N from=::ffff:127.0.0.3")

    def test_a_server_that_stays_gets_all_datagrams(self):
        def scenario(subject):
            answers = {client.ask(4000, b"x").split()[0] for _ in range(5)}
            (pid,) = answers
            os.kill(int(pid), signal.SIGTERM)
            subject.wait_for_record("EXIT: a")
            other = client.ask(4000, b"y").split()[0]
            os.kill(int(other), signal.SIGKILL)
            subject.wait_for_record("EXIT: a", 2)
            return pid != other, self.records(subject)
        seen = self.compare(defaults() + self.dgram("serve", 1000), scenario)
        self.assertEqual(seen, (True, [
            "START: a pid=N from=::ffff:127.0.0.1", "EXIT: a signal=15 pid=N duration=T(sec)",
            "START: a pid=N from=::ffff:127.0.0.1", "EXIT: a signal=9 pid=N duration=T(sec)"]))

    @on(USHERD)
    def test_datagrams_that_arrive_while_a_server_exits_are_kept(self, kind):
        """xinetd throws away what is queued when a server exits (D21)."""
        subject = self.started(kind, defaults() + self.dgram("serve", cps="0 0"))
        with client.datagram_socket() as asker:
            asker.settimeout(wait.PATIENCE)
            for number in range(6):
                asker.sendto(b"%d" % number, ("127.0.0.1", 4000))
            answers = [asker.recv(100).split() for _ in range(6)]
        self.assertEqual([answer[1] for answer in answers], [b"%d" % n for n in range(6)])
        self.assertEqual(len({answer[0] for answer in answers}), 6)
        subject.wait_for_record("EXIT: a", 6)

    def test_the_sender_of_the_first_datagram_must_be_admitted(self):
        def scenario(subject):
            with client.datagram_socket(source="127.0.0.5") as refused:
                refused.sendto(b"x", ("127.0.0.1", 4000))
                subject.wait_for_record("FAIL: a")
            # The datagram is thrown away, and with it what is queued: ask until it is gone.
            wait.wait_until(lambda: client.ask(4000, b"y", source="127.0.0.6", seconds=0.5),
                            "an answer to the next sender")
            subject.wait_for_record("EXIT: a")
            return [line for line in self.records(subject) if line.startswith("FAIL")]
        seen = self.compare(defaults() + self.dgram("serve", no_access="127.0.0.5"), scenario)
        self.assertEqual(seen, ["FAIL: a address from=::ffff:127.0.0.5"])

    @on(USHERD)
    def test_a_refused_start_does_not_silence_the_service(self, kind):
        """xinetd never watches the socket again (S7)."""
        text = defaults() + self.dgram("serve") + service("b", port=4001, server="/bin/cat",
                                                          server_args=None)
        subject = self.started(kind, text, "-limit", "1")
        with client.connect(4001) as held:
            held.sendall(b"x")
            client.read_some(held, 1)
            self.assertIsNone(client.ask(4000, b"lost", seconds=0.1))
            self.assertEqual(subject.wait_for_record("FAIL: a"),
                             ["FAIL: a process_limit from=::ffff:127.0.0.1"])
        subject.wait_for_record("EXIT: b")
        self.assertIn(b"heard", client.ask(4000, b"heard"))
        subject.wait_for_record("EXIT: a")
        self.assertEqual(len([line for line in subject.records() if line.startswith("FAIL")]), 1)

    def test_a_server_that_ignores_its_datagram_is_stopped_by_cps(self):
        def scenario(subject):
            with client.datagram_socket() as asker:
                # xinetd throws the queue away after each exit, so it takes a stream of them.
                def trip():
                    asker.sendto(b"x", ("127.0.0.1", 4000))
                    return any("Deactivating service a" in text
                               for text in subject.message_texts())
                wait.wait_until(trip, "cps trips")
            subject.wait_for_record("EXIT: a", 4)
            return sorted({line.split(" from=")[0] for line in self.records(subject)})
        text = defaults() + self.dgram("ignore", cps="4 60")
        seen = self.compare(text, scenario)
        self.assertEqual(seen, ["EXIT: a status=0 pid=N duration=T(sec)",
                                "FAIL: a connections per second", "START: a pid=N"])

    @on(USHERD)
    def test_a_program_on_a_datagram_socket_must_wait(self, kind):
        """2.3.15.3 serves one datagram and loses the socket (D24)."""
        bad = service("b", socket_type="dgram", protocol="udp", port=4001)
        subject = self.started(kind, defaults() + self.dgram("serve") + bad)
        self.assertEqual({port for _, _, port in processes.listening()}, {4000})
        self.assertTrue(any("b" in text and "wait" in text
                            for text in subject.message_texts("ERROR")), subject.story())


class Reload(WaitCase):
    def test_a_reload_leaves_a_waiting_server_and_its_socket_alone(self):
        def scenario(subject):
            first = client.ask(4000, b"1").split()[0]
            second = client.exchange(4001, b"1").data.split()[0]
            said = subject.reload()
            alive = sorted(subject.handlers()) == sorted([int(first), int(second)])
            same = client.ask(4000, b"2").split()[0] == first
            same_stream = client.exchange(4001, b"2").data.split()[0] == second
            for pid in (first, second):
                os.kill(int(pid), signal.SIGKILL)
            subject.wait_for_record("EXIT: ", 2)
            other = client.ask(4000, b"3").split()[0]
            os.kill(int(other), signal.SIGKILL)
            subject.wait_for_record("EXIT: a", 2)
            return said, alive, same, same_stream, first != other
        text = defaults() + self.dgram("serve", 1000)
        text += block("service b", {"type": "UNLISTED", "socket_type": "stream", "wait": "yes",
                                    "user": "root", "port": 4001, "server": "/usr/bin/python3",
                                    "server_args": f"-I -S {SERVER} serve 1000"})
        seen = self.compare(text, scenario)
        self.assertEqual(seen, ("Reconfigured: new=0 old=2 dropped=0 (services)",
                                True, True, True, True))

    def test_a_waiting_server_of_a_removed_service_is_killed(self):
        def scenario(subject):
            pid = int(client.ask(4000, b"1").split()[0])
            subject.configure(defaults() + service("b", port=4001))
            said = subject.reload()
            wait.wait_until(lambda: processes.state(pid) is None, "the server ends")
            return said, {port for _, _, port in processes.listening()}
        seen = self.compare(defaults() + self.dgram("idle"), scenario)
        self.assertEqual(seen, ("Reconfigured: new=1 old=0 dropped=1 (services)", {4001}))
