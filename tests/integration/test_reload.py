# SPDX-License-Identifier: BSD-2-Clause
#
# Reload: what is kept, rebound, added and dropped, and what becomes of running handlers. What is
# broken keeps its last good version; what is unreadable changes nothing.

import signal
import socket

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs
from harness.case import USHERD, XINETD, IntegrationCase, on, processes, wait
from harness.config import block, defaults, internal, service

CAT = {"server": "/bin/cat", "server_args": None}


def ports():
    return {port for _, _, port in processes.listening()}


class ReloadCase(IntegrationCase):
    def alive(self, connection):
        try:
            connection.sendall(b"y")
            return client.read_some(connection, 1) == b"y"
        except OSError:
            return False


class Plan(ReloadCase):
    def change(self, before, after, said, survives):
        """Reloads from `before` to `after` with one handler of `before` running; both daemons."""
        def scenario(subject):
            held = self.hold()
            subject.configure(after)
            result = subject.reload()
            if not survives:
                wait.wait_until(lambda: not subject.handlers(), "the handler is killed")
            alive = self.alive(held)
            held.close()
            wait.wait_until(lambda: not subject.handlers(), "no handler")
            return result, alive, sorted(processes.listening())
        seen = self.compare(before, scenario)
        self.assertEqual(seen[:2], (f"Reconfigured: {said} (services)", survives))
        return seen[2]

    BEFORE = defaults() + service(**CAT)

    def test_nothing_changed(self):
        self.change(self.BEFORE, self.BEFORE, "new=0 old=1 dropped=0", True)

    def test_another_server_user_limit_and_list(self):
        after = defaults() + service(server="/bin/echo", user="nobody", instances=1, cps="10 3",
                                     no_access="127.0.0.1", umask="077", env="A=1",
                                     access_times="0:00-0:01", per_source=1)
        self.change(self.BEFORE, after, "new=0 old=1 dropped=0", True)

    def test_another_name_with_the_same_id_and_port(self):
        self.change(defaults() + service("a", id="x", **CAT),
                    defaults() + service("b", id="x", **CAT), "new=0 old=1 dropped=0", True)

    def test_another_id(self):
        after = defaults() + service(id="other", **CAT)
        self.change(self.BEFORE, after, "new=1 old=0 dropped=1", False)

    def test_another_port(self):
        bound = self.change(self.BEFORE, defaults() + service(**CAT, port=4001),
                            "new=1 old=0 dropped=1", False)
        self.assertEqual([port for _, _, port in bound], [4001])

    def test_another_address(self):
        bound = self.change(self.BEFORE, defaults() + service(**CAT, bind="127.0.0.1"),
                            "new=0 old=1 dropped=0", False)
        self.assertEqual(bound, [("tcp", "127.0.0.1", 4000)])

    def test_another_family(self):
        bound = self.change(self.BEFORE, defaults() + service(**CAT, flags="IPv4"),
                            "new=0 old=1 dropped=0", False)
        self.assertEqual(bound, [("tcp", "0.0.0.0", 4000)])

    def test_wait_instead_of_nowait(self):
        self.change(self.BEFORE, defaults() + service(**CAT, wait="yes"),
                    "new=1 old=0 dropped=1", False)

    def test_removed_and_disabled(self):
        other = service("b", port=4001)
        self.change(self.BEFORE + other, defaults() + other, "new=0 old=1 dropped=1", False)
        self.change(self.BEFORE + other, defaults() + service(**CAT, disable="yes") + other,
                    "new=0 old=1 dropped=1", False)
        self.change(self.BEFORE + other, defaults(disabled="a") + service(**CAT) + other,
                    "new=0 old=1 dropped=1", False)

    def test_an_additional_service(self):
        bound = self.change(self.BEFORE, self.BEFORE + service("b", port=4001),
                            "new=1 old=1 dropped=0", True)
        self.assertEqual([port for _, _, port in bound], [4000, 4001])

    def test_a_disappeared_main_file_changes_nothing(self):
        def scenario(subject):
            held = self.hold()
            subject.configuration.unlink()
            subject.send(signal.SIGHUP)
            subject.wait_for_message("reconfiguration failed")
            alive = self.alive(held)
            again = self.alive(self.hold())
            held.close()
            return alive, again
        self.assertEqual(self.compare(self.BEFORE, scenario), (True, True))


class NewRules(ReloadCase):
    def test_new_values_hold_for_the_next_connection(self):
        def scenario(subject):
            subject.configure(defaults() + service(server_args="second", env="A=1"))
            subject.reload()
            return client.exchange(4000).data
        self.assertEqual(self.compare(defaults() + service(server_args="first"), scenario),
                         b"second\n")

    def test_running_handlers_are_not_judged_again_but_counted(self):
        def scenario(subject):
            first, second = self.hold(), self.hold()
            subject.configure(defaults() + service(**CAT, instances=1))
            subject.reload()
            alive = self.alive(first) and self.alive(second)
            refused = client.exchange(4000)
            subject.wait_for_record("FAIL: a service_limit")
            first.close()
            subject.wait_for_record("EXIT: a")
            still = client.exchange(4000)
            second.close()
            subject.wait_for_record("EXIT: a", 2)
            served = client.exchange(4000, b"z")
            return alive, refused, still, served.data
        seen = self.compare(defaults() + service(**CAT), scenario)
        closed = client.Reply(b"", "eof")
        self.assertEqual(seen, (True, closed, closed, b"z"))

    def test_a_handler_logs_its_end_by_the_rules_it_started_with(self):
        """xinetd applies the new log_on_success to it; compare what is logged, not how much."""
        self.require(USHERD)
        subject = self.started(USHERD, defaults() + service(**CAT))
        held = self.hold()
        subject.configure(defaults() + service(**CAT, log_on_success="PID"))
        subject.reload()
        held.close()
        self.assertRegex(subject.wait_for_record("EXIT: a")[0],
                         r"EXIT: a status=0 pid=\d+ duration=\d+\(sec\)")

    @on(XINETD, USHERD)
    def test_clients_in_the_backlog_survive_a_reload(self, kind):
        """The daemon is stopped while they queue up."""
        subject = self.started(kind, defaults() + service())
        subject.send(signal.SIGSTOP)
        waiting = [client.connect(4000) for _ in range(20)]
        subject.configure(defaults() + service(nice=1) + service("b", port=4001))
        subject.send(signal.SIGHUP)
        subject.send(signal.SIGCONT)
        self.assertEqual([client.read_all(connection).data for connection in waiting],
                         [b"hello\n"] * 20)
        for connection in waiting:
            connection.close()

    @on(USHERD)
    def test_a_killed_handler_of_a_removed_service_says_by_which_signal(self, kind):
        """xinetd logs status=0 (D9)."""
        subject = self.started(kind, defaults() + service(**CAT) + service("b", port=4001))
        held = self.hold()
        subject.configure(defaults() + service("b", port=4001))
        subject.reload()
        self.assertRegex(subject.wait_for_record("EXIT: a")[0], r"EXIT: a signal=9 pid=\d+")
        self.assertFalse(self.alive(held))

    @on(USHERD)
    def test_a_paused_service_stays_paused_over_a_reload(self, kind):
        subject = self.started(kind, defaults() + service(cps="1 30"))
        subject.trip(lambda: client.exchange(4000))
        subject.reload()
        self.assertEqual(client.exchange(4000).ending, "refused")


class Broken(ReloadCase):
    """Only usherd keeps what was good (S5, D1)."""

    def test_a_broken_service_runs_on_as_it_was_and_all_else_changes(self):
        before = defaults() + service(**CAT) + service("b", port=4001, server_args="old")
        subject = self.started(USHERD, before + service("c", port=4002))
        held = self.hold()
        subject.configure(defaults() + service(server="/bin/echo", nice="lots")
                          + service("b", port=4001, server_args="new") + service("d", port=4003))
        subject.reload()
        self.assertTrue(self.alive(held))
        self.assertTrue(self.alive(self.hold()), "served as before")
        self.assertEqual(client.exchange(4001).data, b"new\n")
        self.assertEqual(ports(), {4000, 4001, 4003})
        errors = subject.message_texts("ERROR")
        self.assertTrue(any("lots" in text for text in errors), subject.story())
        self.assertTrue(any("service a runs on with its last good configuration" in text
                            for text in subject.message_texts()), subject.story())
        subject.configure(defaults() + service(server_args="repaired"))
        subject.reload()
        self.assertEqual(client.exchange(4000).data, b"repaired\n")
        held.close()

    def test_a_service_whose_entry_breaks_the_grammar_runs_on(self):
        good = service("b", port=4001)
        drop_in = self.daemon(USHERD, defaults() + good + "includedir @DIR@/d\n")
        path = drop_in.write("d/a", service(**CAT))
        drop_in.start()
        path.write_text("service a\n{\n    nice= 3\n}\n")
        drop_in.reload()
        self.assertTrue(self.alive(self.hold()))
        self.assertEqual(ports(), {4000, 4001})

    def test_a_new_service_that_is_broken_does_not_start(self):
        subject = self.started(USHERD, defaults() + service())
        subject.configure(defaults() + service() + service("b", port=4001, nice="x"))
        subject.reload()
        self.assertEqual(ports(), {4000})

    def refused(self, after):
        """A reload that must be refused as a whole."""
        before = defaults() + service(server_args="old") + service("b", port=4001)
        subject = self.started(USHERD, before)
        subject.configure(after)
        subject.send(signal.SIGHUP)
        subject.wait_for_message("reconfiguration failed")
        self.assertEqual(client.exchange(4000).data, b"old\n")
        self.assertEqual(ports(), {4000, 4001})
        self.assertFalse(subject.exited())
        subject.configure(before + service("c", port=4002))
        subject.reload()
        self.assertEqual(ports(), {4000, 4001, 4002})
        return subject

    def test_a_bad_value_in_defaults_refuses_the_reload(self):
        """xinetd exits (D1)."""
        subject = self.refused(defaults(instances="x") + service(server_args="new"))
        self.assertTrue(any("instances" in text for text in subject.message_texts("ERROR")))

    def test_broken_grammar_in_the_main_file_refuses_the_reload(self):
        self.refused(defaults() + "junk\n" + service(server_args="new"))

    def test_a_port_that_is_taken_at_a_reload_costs_that_service_alone(self):
        subject = self.started(USHERD, defaults() + service())
        with socket.socket() as taken:
            # Another test's connections may still be in TIME_WAIT there.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", 4001))
            taken.listen()
            subject.configure(defaults() + service(server_args="new")
                              + service("b", port=4001, bind="127.0.0.1")
                              + service("c", port=4002))
            subject.reload()
            self.assertEqual(client.exchange(4000).data, b"new\n")
            self.assertEqual(client.exchange(4002).data, b"hello\n")
            self.assertTrue(any("bind failed (Address already in use (errno = 98)). service = b"
                                in text for text in subject.message_texts("ERROR")))


class Internal(ReloadCase):
    @on(USHERD)
    def test_sessions_of_an_unchanged_internal_service_run_on(self, kind):
        subject = self.started(kind, defaults() + internal("echo", port=4000))
        held = self.hold()
        subject.configure(defaults() + internal("echo", port=4000, instances=5)
                          + service("b", port=4001))
        subject.reload()
        self.assertTrue(self.alive(held))
        subject.configure(defaults() + service("b", port=4001))
        subject.reload()
        wait.wait_until(lambda: not self.alive(held), "the session ends with its service")

    @on(USHERD)
    def test_descriptors_do_not_grow_over_reloads(self, kind):
        other = block("service time", {"type": "INTERNAL UNLISTED", "socket_type": "dgram",
                                       "wait": "yes", "port": 4010})
        subject = self.started(kind, defaults() + service() + other)
        client.exchange(4000)
        subject.reload()
        before = processes.descriptors(subject.pid)
        for turn in range(20):
            more = service("b", port=4001 + turn, log_type="FILE @DIR@/own")
            subject.configure(defaults() + service(nice=turn) + other + (more if turn % 2 else ""))
            subject.reload()
            client.exchange(4000)
        subject.configure(defaults() + service() + other)
        subject.reload()
        subject.wait_idle()
        self.assertEqual(len(processes.descriptors(subject.pid)), len(before))
        self.assertEqual(logs.records(subject.record_file.read_text())[0][:8], "START: a")
