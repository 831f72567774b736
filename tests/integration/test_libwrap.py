# SPDX-License-Identifier: BSD-2-Clause
#
# tcp_wrappers: /etc/hosts.allow and /etc/hosts.deny judge clients as they do with xinetd, commands
# of rules run as they do there, and nothing that a rule takes its time for stands in another
# client's way.

import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, logs, on, processes, wait
from harness.config import defaults, internal, service
from harness.dns import DnsServer, reverse
from harness.syslog import Syslog

FILES = {name: pathlib.Path(f"/etc/hosts.{name}") for name in ("allow", "deny")}
SOURCES = [f"127.0.0.{number}" for number in (1, 5, 6, 7, 8)]   # see the harness's hosts file


def rules(allow="", deny=""):
    for name, text in (("allow", allow), ("deny", deny)):
        FILES[name].unlink(missing_ok=True)
        if text:
            FILES[name].write_text(text)


def records(subject):
    """The records so far, xinetd's as a daemon writes them that decides before it forks."""
    lines = subject.records()
    return [logs.normalised(line)
            for line in (logs.decided_early(lines) if subject.is_oracle else lines)]


def is_served(port, source):
    """Not saying that nothing more comes: xinetd's relays take that for the end of everything."""
    with client.connect(port, source=source) as asked:
        try:
            asked.sendall(b"x")
            return bool(client.read_some(asked, 1))
        except ConnectionResetError:
            return False


def runs(text):
    return any(text in processes.command(pid) for pid in processes.pids() if pid != os.getpid())


class LibwrapCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.require(USHERD)
        self.addCleanup(rules)

    def same(self, allow, deny, text, scenario, **more):
        """`scenario(subject)` with these rules, once with each daemon."""
        return self.compare(text, scenario, prepare=lambda: rules(allow, deny), **more)


class Rules(LibwrapCase):
    RULES = {
        "everybody is denied": ("", "ALL: ALL\n"),
        "one address is denied": ("", "echo: 127.0.0.5\n"),
        "a network is denied": ("", "ALL: 127.0.0.4/255.255.255.254\n"),
        "a prefix is denied": ("", "ALL: 127.0.0.\n"),
        "allow comes first": ("echo: 127.0.0.1\n", "ALL: ALL\n"),
        "EXCEPT": ("", "ALL: ALL EXCEPT 127.0.0.1 127.0.0.6\n"),
        "another daemon": ("", "cat: ALL\n"),
        "all daemons but one": ("", "ALL EXCEPT echo: ALL\n"),
        "a host name": ("", "echo: five.example.test\n"),
        "a domain": ("", "echo: .example.test\n"),
        "LOCAL": ("", "ALL: LOCAL\n"),
        "UNKNOWN": ("", "ALL: UNKNOWN\n"),
        "a pattern": ("", "ALL: *.sub.example.*\n"),
        "names allowed alone": ("ALL: .example.test\n", "ALL: ALL\n"),
        "the keyword allow": ("", "ALL: 127.0.0.5: allow\nALL: ALL\n"),
        "an IPv6 rule": ("", "ALL: [::1]\n"),
        "lines that are no rules": ("", "nonsense\n# ALL: ALL\n\nALL: 127.0.0.6\n"),
        "an option that does not exist": ("ALL: ALL: frobnicate\n", ""),
        "continued lines": ("", "echo: \\\n 127.0.0.5 \\\n 127.0.0.7\n"),
        "a file of addresses": ("", "ALL: /tmp/addresses\n"),
    }

    def judged(self, subject):
        pathlib.Path("/tmp/addresses").write_text("127.0.0.5\n127.0.0.8\n")
        seen = {}
        for name, (allow, deny) in self.RULES.items():
            rules(allow, deny)
            seen[name] = [client.exchange(4000, source=source) for source in SOURCES]
        return seen

    def test_rules_admit_whom_xinetd_admits(self):
        """The same daemon all the time: rules hold from the moment they are written."""
        seen = self.compare(defaults() + service(cps="0 0", bind="127.0.0.1"), self.judged)
        admitted = {name: [source[-1] for source, reply in zip(SOURCES, replies)
                           if reply.data == b"hello\n"] for name, replies in seen.items()}
        self.assertEqual(admitted["everybody is denied"], [])
        self.assertEqual(admitted["one address is denied"], list("1678"))
        self.assertEqual(admitted["a domain"], list("17"))
        self.assertEqual(admitted["EXCEPT"], list("16"))

    def test_rules_hold_for_ipv4_clients_of_dual_stack_services(self):
        self.compare(defaults() + service(cps="0 0"), self.judged)

    def test_the_records_and_messages_are_xinetds(self):
        def scenario(subject):
            for count, source in ((2, "127.0.0.1"), (3, "127.0.0.5")):
                client.exchange(4000, source=source)
                wait.wait_until(lambda: len(records(subject)) == count, subject.story)
            return records(subject), [text for text in subject.message_texts("INFO")
                                      if "refused" in text]
        seen = self.same("echo: 127.0.0.1\n", "ALL: ALL\n", defaults() + service(), scenario)
        self.assertEqual(seen, (["START: a pid=N from=::ffff:127.0.0.1",
                                 "EXIT: a status=0 pid=N duration=T(sec)",
                                 "FAIL: a libwrap from=::ffff:127.0.0.5"],
                                ["libwrap refused connection to a (libwrap=echo) from "
                                 "::ffff:127.0.0.5"]))

    def test_the_name_that_rules_know_a_service_by(self):
        text = defaults() + service("own", port=4000, id="o")
        text += service("given", port=4001, libwrap="in.given")
        text += service("named", port=4002, flags="NAMEINARGS", server_args="/usr/bin/nick hello")
        text += internal("echo", port=4003) + internal("daytime", port=4004, id="dt")
        text += service("relay", port=4005, server=None, server_args=None, id="r",
                        redirect="127.0.0.1 4003")
        text += service("free", port=4006, flags="NOLIBWRAP")
        names = ("echo", "in.given", "nick", "daytime", "relay", "own", "given", "ALL")

        def scenario(_):
            seen = {}
            for name in names:
                rules(deny=f"{name}: 127.0.0.5\n")
                seen[name] = [is_served(port, "127.0.0.5") for port in range(4000, 4007)]
            return seen
        seen = self.compare(text, scenario)
        self.assertEqual(seen["ALL"], [False] * 6 + [True])
        self.assertEqual(seen["nick"], [True, True, False, True, True, True, True])

    def test_only_from_is_asked_first(self):
        def scenario(subject):
            client.exchange(4000)
            wait.wait_until(lambda: records(subject), subject.story)
            return records(subject)
        seen = self.same("", "ALL: ALL\n", defaults() + service(no_access="127.0.0.1"), scenario)
        self.assertEqual(seen, ["FAIL: a address from=::ffff:127.0.0.1"])

    def test_banners_go_to_whom_the_rules_refuse_and_admit(self):
        directory = pathlib.Path("/tmp/texts")
        directory.mkdir(exist_ok=True)
        for name in ("first", "yes", "no"):
            (directory / name).write_text(f"<{name}>")
        seen = self.same("", "ALL: 127.0.0.5\n", defaults() + service(
            banner="/tmp/texts/first", banner_success="/tmp/texts/yes",
            banner_fail="/tmp/texts/no"),
            lambda _: [client.exchange(4000, source=source).data for source in SOURCES[:2]])
        self.assertEqual(seen, [b"<first><yes>hello\n", b"<first><no>"])

    def test_waiting_services_are_judged_by_the_first_datagram(self):
        script = pathlib.Path("/tmp/answer.py")
        script.write_text("import socket\ns = socket.socket(fileno=0)\n"
                          "_, who = s.recvfrom(99)\ns.sendto(b'heard', who)\n")
        text = defaults() + service(socket_type="dgram", wait="yes", server="/usr/bin/python3",
                                    server_args=str(script), libwrap="in.udp")

        def scenario(subject):
            answers = [client.ask(4000, b"x", source="127.0.0.1")]
            subject.wait_idle()
            subject.wait_asleep()
            answers.append(client.ask(4000, b"x", source="127.0.0.5", seconds=0.5))
            subject.wait_idle()
            subject.wait_asleep()
            answers.append(client.ask(4000, b"x", source="127.0.0.1"))
            subject.wait_idle()
            subject.wait_asleep()
            return answers, sorted(records(subject))
        for deny in ("in.udp: 127.0.0.5\n", "in.udp: five.example.test\n"):
            answers, _ = self.same("", deny, text, scenario)
            self.assertEqual(answers, [b"heard", None, b"heard"])

    def test_internal_datagram_services_are_judged_datagram_by_datagram(self):
        text = defaults() + internal("echo", "dgram", port=4000)

        def scenario(subject):
            answers = []
            for source, served in (("127.0.0.1", True), ("127.0.0.5", False), ("127.0.0.6", True)):
                subject.wait_asleep()
                before = len(subject.records())
                answers.append(client.ask(4000, b"x", source=source,
                                          seconds=None if served else 0.2))
                wait.wait_until(lambda: len(subject.records()) > before, subject.story)
            return answers, records(subject)
        for deny in ("echo: 127.0.0.5\n", "echo: five.example.test\n"):
            answers, _ = self.same("", deny, text, scenario)
            self.assertEqual(answers, [b"x", None, b"x"])

    def test_unix_sockets_are_no_hosts(self):
        rules(deny="ALL: ALL\n")
        self.started(USHERD, defaults() + service(port=None, listen="unix:@DIR@/socket"))
        with socket.socket(socket.AF_UNIX) as local:
            local.connect("/tmp/work/usherd/socket")
            self.assertEqual(client.read_all(local).data, b"hello\n")


class Commands(LibwrapCase):
    def test_spawn_runs_as_the_server_and_is_waited_for(self):
        told = pathlib.Path("/tmp/told")
        text = defaults() + service(bind="127.0.0.1", user="bob")

        def scenario(subject):
            told.unlink(missing_ok=True)
            reply = client.exchange(4000, source="127.0.0.5")
            subject.wait_for_record("EXIT")
            return reply, told.read_text(), records(subject)
        command = ("(id; echo %d %c %a %h %n; readlink /proc/self/fd/0; pwd; umask; sleep 0.2; "
                   "echo over) > /tmp/told")
        _, said, _ = self.same(f"echo: ALL: spawn {command}\n", "", text, scenario)
        self.assertEqual(said.splitlines()[1:], ["echo 127.0.0.5 127.0.0.5 127.0.0.5 "
                                                 "five.example.test",
                                                 "/dev/null", "/", "0022", "over"])
        self.assertTrue(said.startswith("uid=4005(bob) gid=4005(bob)"), said)

    def test_spawn_before_a_refusal(self):
        told = pathlib.Path("/tmp/told")

        def scenario(subject):
            told.unlink(missing_ok=True)
            reply = client.exchange(4000)
            subject.wait_for_record("FAIL")
            return reply, told.read_text(), records(subject)
        self.same("", "ALL: ALL: spawn echo %d > /tmp/told\n", defaults() + service(), scenario)

    def test_twist_takes_the_servers_place(self):
        command = "echo twisted %d %a; id; umask; read line; echo got $line; ls /proc/self/fd; exit 7"
        text = defaults() + service(bind="127.0.0.1", user="bob", nice=3)

        def scenario(subject):
            reply = client.exchange(4000, b"word\n")
            subject.wait_for_record("EXIT")
            return reply, [logs.normalised(line) for line in subject.records()]
        reply, lines = self.same("", f"echo: ALL: twist {command}\n", text, scenario)
        self.assertTrue(reply.data.startswith(b"twisted echo 127.0.0.1\nuid=4005(bob)"), reply)
        self.assertEqual(lines, ["START: a pid=N from=127.0.0.1",
                                 "EXIT: a status=7 pid=N duration=T(sec)"])

    def test_syslog_hears_of_a_twist_at_xinetds_level(self):
        syslog = Syslog()
        self.addCleanup(syslog.close)

        def priority(subject):
            syslog.lines.clear()
            client.exchange(4000)
            return wait.wait_until(lambda: [number for number, _, text in syslog.collect()
                                            if text.startswith("twist ")], "a line")
        self.same("", "echo: ALL: twist echo no\n", defaults() + service(bind="127.0.0.1"), priority)

    def test_twist_takes_the_place_of_internal_services_and_relays(self):
        text = defaults() + internal("echo", port=4000)
        text += service("r", port=4001, server=None, server_args=None, redirect="127.0.0.1 4000")

        def scenario(subject):
            replies = [client.exchange(port) for port in (4000, 4001)]
            subject.wait_for_record("EXIT", 2)
            return replies, sorted(logs.normalised(line) for line in subject.records())
        replies, _ = self.same("", "ALL: ALL: twist echo no %d\n", text, scenario)
        self.assertEqual([reply.data for reply in replies], [b"no echo\n", b"no r\n"])

    def test_twist_does_not_take_the_daemons_place(self):
        """xinetd's daytime runs in the daemon itself, which the command replaces."""
        rules(deny="daytime: ALL: twist echo no\n")
        subject = self.started(USHERD, defaults() + internal("daytime", port=4000) +
                               service(port=4001))
        self.assertEqual(client.exchange(4000).data, b"no\n")
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        subject.wait_idle()

    @on(XINETD, USHERD)
    def test_twist_counts_as_a_server(self, kind):
        rules(deny="ALL: 127.0.0.5: twist read line\n")
        subject = self.started(kind, defaults() + service(instances=1))
        with client.connect(4000, source="127.0.0.5") as held:
            wait.wait_until(lambda: runs("read line"), "the command runs")
            self.assertEqual(client.exchange(4000).data, b"")
            subject.wait_for_record("FAIL: a service_limit")
            held.close()
        subject.wait_for_record("EXIT: a")
        self.assertEqual(client.exchange(4000).data, b"hello\n")

    def test_a_killed_twist_is_reported(self):
        rules(deny="ALL: ALL: twist exec sleep 100\n")
        subject = self.started(USHERD, defaults() + service())
        with client.connect(4000):
            subject.wait_for_record("START: a pid=")
            os.kill(int(subject.records()[0].split("pid=")[1].split()[0]), signal.SIGKILL)
            subject.wait_for_record("EXIT: a signal=9")

    def test_the_option_banners(self):
        directory = pathlib.Path("/tmp/banners")
        directory.mkdir(exist_ok=True)
        (directory / "echo").write_text("%d does not know %c\n")
        (directory / "prototype").write_text("")
        seen = self.same("ALL: 127.0.0.1: banners /tmp/banners\n", "ALL: ALL: banners /tmp/banners\n",
                         defaults() + service(bind="127.0.0.1"),
                         lambda _: [client.exchange(4000, source=source) for source in SOURCES[:2]])
        self.assertEqual(seen[1].data, b"echo does not know 127.0.0.5\r\n")
        self.assertTrue(seen[0].data.endswith(b"hello\n"), seen)

    def test_options_that_change_the_server(self):
        self.start_with_nice_0()
        script = pathlib.Path("/tmp/what.sh")
        script.write_text("umask; nice; id -u; echo $COLOUR\n")
        seen = self.same("ALL: ALL: umask 027: nice 4: setenv COLOUR blue\n", "",
                         defaults() + service(server="/bin/sh", server_args=str(script), nice=2,
                                              user="bob"),
                         lambda _: client.exchange(4000))
        self.assertEqual(seen.data, b"0027\n6\n4005\n\n")

    def test_commands_in_the_background_do_not_hold_the_connection(self):
        """xinetd leaves them the client's socket, and he waits until they are over."""
        rules(allow="ALL: ALL: spawn (sleep 30; true) & \n")
        subject = self.started(USHERD, defaults() + service(server="/bin/true", server_args=None))
        self.assertEqual(client.exchange(4000).ending, "eof")
        subject.wait_for_record("EXIT")
        subject.stop()
        self.end_leftovers()


class NothingStalls(LibwrapCase):
    def served(self, port=4000, source="127.0.0.1"):
        began = time.monotonic()
        self.assertEqual(client.exchange(port, source=source).data, b"hello\n")
        return time.monotonic() - began

    def test_a_slow_command_delays_its_own_client_only(self):
        rules(allow="ALL: 127.0.0.5: spawn sleep 1000\n")
        subject = self.started(USHERD, defaults() + service())
        waiting = [client.connect(4000, source="127.0.0.5") for _ in range(20)]
        try:
            wait.wait_until(lambda: len(processes.wrappers(subject.pid)) == 21, "all are asked")
            self.served()
            self.assertEqual(subject.wait_for_record("START", 1),
                             [line for line in subject.records() if "START" in line])
            self.assertIn("from=::ffff:127.0.0.1", subject.records()[0])
        finally:
            for each in waiting:
                each.close()
        subject.stop()
        self.leftovers()

    def test_a_silent_name_server_delays_those_alone_whose_names_are_asked(self):
        server = DnsServer({(reverse("127.0.1.4"), "PTR"): "silence"})
        self.addCleanup(server.close)
        pathlib.Path("/etc/resolv.conf").write_text(
            "nameserver 127.0.0.1\noptions timeout:3 attempts:1\n")
        rules(deny="echo: .example.org\n")
        subject = self.started(USHERD, defaults() + service() +
                               service("b", port=4001, flags="NOLIBWRAP") +
                               service("c", port=4002, libwrap="other"))
        answers = []
        waiting = threading.Thread(
            target=lambda: answers.append(client.exchange(4000, source="127.0.1.4")))
        waiting.start()
        try:
            wait.wait_until(lambda: server.questions, "the name is asked for")
            for port in (4000, 4001, 4002):
                self.served(port)
            self.assertEqual(answers, [])
        finally:
            waiting.join()
        # A client without a name is not in the domain.
        self.assertEqual(answers[0].data, b"hello\n")
        subject.wait_idle()

    def test_a_helper_that_hangs_delays_wrapped_services_alone(self):
        rules(deny="echo: 127.0.0.5\n")
        subject = self.started(USHERD, defaults() + service() +
                               service("b", port=4001, flags="NOLIBWRAP"))
        self.served()
        (helper,) = processes.wrappers(subject.pid)
        os.kill(helper, signal.SIGSTOP)
        with client.connect(4000) as asked:
            self.served(4001)
            os.kill(helper, signal.SIGCONT)
            self.assertEqual(client.read_all(asked).data, b"hello\n")


class Helper(LibwrapCase):
    def test_nothing_is_started_where_there_are_no_rules(self):
        rules(allow="# none\n", deny="\n")
        subject = self.started(USHERD, defaults() + service())
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertEqual(processes.wrappers(subject.pid), [])

    def test_the_helper_alone_loads_libwrap(self):
        rules(deny="echo: 127.0.0.5\n")
        subject = self.started(USHERD, defaults() + service())
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        (helper,) = processes.wrappers(subject.pid)
        self.assertIn("libwrap", pathlib.Path(f"/proc/{helper}/maps").read_text())
        self.assertNotIn("libwrap", pathlib.Path(f"/proc/{subject.pid}/maps").read_text())

    def test_nobody_is_let_in_where_libwrap_cannot_be_loaded(self):
        found = re.search(r"libwrap\.so\.\S+ .*=> (\S+)", subprocess.run(
            ["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout)
        subprocess.run(["mount", "--bind", "/dev/null", found[1]], check=True)
        self.addCleanup(subprocess.run, ["umount", found[1]], check=True)
        rules(deny="echo: 127.0.0.5\n")
        subject = self.started(USHERD, defaults() + service())
        self.assertEqual(client.exchange(4000).data, b"")
        subject.wait_for_record("FAIL: a libwrap")
        subject.wait_for_message("service a: tcp_wrappers cannot be asked: libwrap: "
                                 "Can not access a needed shared library (errno = 79)")

    def test_who_waits_for_a_helper_that_is_killed_is_refused_and_the_next_is_not(self):
        rules(deny="echo: 127.0.0.5\n")
        subject = self.started(USHERD, defaults() + service())
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        (helper,) = processes.wrappers(subject.pid)
        os.kill(helper, signal.SIGSTOP)
        with client.connect(4000) as asked:
            asked.sendall(b"x")
            # Its question is on its way once the daemon sleeps again with the connection.
            wait.wait_until(lambda: processes.connections(subject.pid), "the client is taken")
            os.kill(helper, signal.SIGKILL)
            self.assertEqual(client.read_all(asked).data, b"")
        subject.wait_for_record("FAIL: a libwrap")
        subject.wait_for_message("service a: tcp_wrappers cannot be asked: the helper has ended")
        wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "clients are served")
        self.assertEqual(client.exchange(4000, source="127.0.0.5").data, b"")
        self.assertNotIn(helper, processes.wrappers(subject.pid))

    def test_a_helper_that_is_killed_while_idle_is_not_missed(self):
        rules(deny="echo: 127.0.0.5\n")
        subject = self.started(USHERD, defaults() + service())
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        for _ in range(3):
            (helper,) = processes.wrappers(subject.pid)
            os.kill(helper, signal.SIGKILL)
            wait.wait_until(lambda: helper not in processes.pids(), "it is waited for")
            wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "clients are served")
            self.assertEqual(client.exchange(4000, source="127.0.0.5").data, b"")
        self.assertFalse([text for text in subject.message_texts() if "unknown child" in text])

    def test_a_command_outlives_the_helper(self):
        rules(allow="ALL: ALL: spawn while [ ! -e /tmp/go ]; do sleep 0.05; done\n")
        self.addCleanup(lambda: pathlib.Path("/tmp/go").unlink(missing_ok=True))
        subject = self.started(USHERD, defaults() + service())
        with client.connect(4000) as asked:
            wait.wait_until(lambda: runs("/tmp/go"), "a process decides")
            os.kill(min(processes.wrappers(subject.pid)), signal.SIGKILL)
            pathlib.Path("/tmp/go").touch()
            self.assertEqual(client.read_all(asked).data, b"hello\n")
        subject.wait_idle()

    def test_a_process_that_is_killed_lets_nobody_in(self):
        rules(allow="ALL: ALL: spawn sleep 1000\n")
        subject = self.started(USHERD, defaults() + service())
        with client.connect(4000) as asked:
            wait.wait_until(lambda: len(processes.wrappers(subject.pid)) == 2, "a process decides")
            wait.wait_until(lambda: runs("sleep 1000"), "the command runs")
            os.killpg(max(processes.wrappers(subject.pid)), signal.SIGKILL)
            self.assertEqual(client.read_all(asked).data, b"")
        subject.wait_for_record("EXIT: a signal=9")
        subject.wait_idle()

    def test_a_reload_keeps_it_and_drops_clients_of_services_that_go(self):
        rules(allow="ALL: 127.0.0.5: spawn sleep 1000\n")
        subject = self.started(USHERD, defaults() + service() + service("b", port=4001))
        with client.connect(4001, source="127.0.0.5") as asked:
            wait.wait_until(lambda: len(processes.wrappers(subject.pid)) == 2, "a process decides")
            subject.configure(defaults() + service(cps="10 10"))
            subject.reload()
            self.assertEqual(client.read_all(asked).data, b"")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        wait.wait_until(lambda: len(processes.wrappers(subject.pid)) == 1, "its process is ended")
        subject.send(signal.SIGABRT)
        subject.wait_for_message("Consistency check passed")

    def test_a_refused_client_gives_his_place_to_those_that_wait(self):
        for deny in ("ALL: 127.0.0.5\n", "ALL: five.example.test\n"):
            rules(deny=deny)
            subject = self.started(USHERD, defaults() + service(instances=1, limit_action="queue"))
            clients = [client.connect(4000, source=source)
                       for source in ("127.0.0.5", "127.0.0.5", "127.0.0.1")]
            self.assertEqual([client.read_all(each).data for each in clients],
                             [b"", b"", b"hello\n"])
            for each in clients:
                each.close()
            subject.wait_idle()
            subject.send(signal.SIGABRT)
            subject.wait_for_message("Consistency check passed")
            subject.stop()

    def test_a_crowd_is_judged_one_by_one(self):
        rules(deny="ALL: five.example.test\n")
        subject = self.started(USHERD, defaults() + service(cps="0 0"))
        sources = ["127.0.0.5", "127.0.0.6"] * 60
        clients = [client.connect(4000, source=source) for source in sources]
        said = [client.read_all(each).data for each in clients]
        for each in clients:
            each.close()
        self.assertEqual(said, [b"", b"hello\n"] * 60)
        subject.wait_idle()
        wait.wait_until(lambda: len(processes.wrappers(subject.pid)) == 1, "its processes are over")
