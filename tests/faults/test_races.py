# SPDX-License-Identifier: BSD-2-Clause
#
# Races by design: two things that happen at the same time, made to do so on purpose.

import collections
import json
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import harness  # noqa: E402,F401  (enters the sandbox)
from harness import client, status  # noqa: E402
from harness.case import USHERD, WORK, IntegrationCase, processes, wait  # noqa: E402
from harness.config import defaults, internal, service  # noqa: E402
from harness.syslog import Syslog  # noqa: E402

from shim import ALWAYS, Faults  # noqa: E402

PLENTY = {"cps": "0 0", "instances": "UNLIMITED"}


class RaceCase(IntegrationCase):
    def faulty(self, text, *options):
        """A daemon whose system calls can be made to fail or to take their time."""
        self.faults = Faults(WORK / "faults")
        subject = self.daemon(USHERD, text)
        self.socket = subject.directory / "status" / "sock"
        return subject.start("--status-socket", str(self.socket), *options,
                             environment=self.faults.environment())

    def assert_records_balance(self, subject, started):
        records = subject.wait_for_records(2 * started)
        verbs = collections.Counter(line.split()[0] for line in records)
        self.assertEqual(verbs, {"START:": started, "EXIT:": started})

    def assert_tables_are_right(self, subject):
        before = len([text for text in subject.message_texts() if "Consistency" in text])
        subject.send(signal.SIGABRT)
        told = subject.wait_for_message("Consistency check", before + 1)
        self.assertIn("passed", told[-1])


class Departure(RaceCase):
    """A reload takes a service away while servers of it are being started. One worker starts them
    one after the other, so many still wait when the reload comes."""

    STARTS = 400

    def storm_and_reload(self, **attributes):
        text = defaults(**PLENTY)
        subject = self.daemon(USHERD, text + service(**attributes) + service("b", port=4001))
        self.socket = subject.directory / "status" / "sock"
        subject.start("--status-socket", str(self.socket), "--spawn-workers", "1")
        clients = [client.connect(4000) for _ in range(self.STARTS)]
        for each in clients:
            self.addCleanup(each.close)
        wait.wait_until(lambda: status.get(self.socket, "/v1/status")["running"] > 20,
                        "servers that are being started", pause=0.001)
        subject.configure(text + service("b", port=4001))
        self.assertEqual(status.ask(self.socket, "/v1/reload", "POST").status, 200)
        for each in clients:
            each.close()
        subject.wait_idle()
        return subject

    def kinds(self):
        answer = status.ask(self.socket, "/v1/events?service=a")
        return collections.Counter(json.loads(line)["kind"] for line in answer.text.splitlines())

    def test_every_server_that_ended_has_started(self):
        subject = self.storm_and_reload()
        seen = self.kinds()
        self.assertEqual(seen["started"], seen["exited"], seen)
        self.assert_records_balance(subject, seen["started"])

    def test_so_has_every_server_whose_start_failed_and_the_log_says_why(self):
        script = WORK / "script"
        script.write_text("#!/nowhere/interpreter\n")
        script.chmod(0o755)
        subject = self.storm_and_reload(server=script, server_args=None)
        seen = self.kinds()
        self.assertEqual(seen["started"], seen["exited"], seen)
        self.assert_records_balance(subject, seen["started"])
        subject.wait_for_message(f"execv( {script} ) failed")

    def test_a_service_that_went_before_its_servers_could_be_made_leaves_nothing(self):
        subject = self.faulty(defaults(**PLENTY) + service() + service("b", port=4001),
                              "--spawn-workers", "1")
        client.exchange(4001)
        self.faults.arm("clone", "EAGAIN", ALWAYS)
        self.faults.delay("clone", 200_000)
        waiting = [client.connect(4000) for _ in range(5)]
        wait.wait_until(lambda: status.get(self.socket, "/v1/status")["running"] >= 5, "starts")
        subject.configure(defaults(**PLENTY) + service("b", port=4001))
        self.assertEqual(status.ask(self.socket, "/v1/reload", "POST").status, 200)
        for each in waiting:
            self.assertEqual(client.read_all(each).data, b"")
            each.close()
        self.faults.disarm("clone")
        subject.wait_idle()
        self.assert_tables_are_right(subject)
        self.assertEqual(client.exchange(4001).data, b"hello\n")


class Spawning(RaceCase):
    def test_a_child_that_exits_before_its_parent_knows_it(self):
        """The report of the start comes late: the exit is seen first."""
        subject = self.faulty(defaults(**PLENTY) + service())
        client.exchange(4000)
        self.faults.delay("dup3", 100_000)  # the worker puts /dev/null in its place before it reports
        replies = [client.exchange(4000).data for _ in range(5)]
        self.faults.disarm("dup3")
        self.assertEqual(replies, [b"hello\n"] * 5)
        subject.wait_idle()
        self.assert_records_balance(subject, 6)
        self.assert_tables_are_right(subject)

    def test_term_in_the_middle_of_a_start_waits_for_it(self):
        subject = self.faulty(defaults(**PLENTY) + service())
        client.exchange(4000)
        self.faults.delay("child.chdir", 500_000)
        with client.connect(4000) as starting:
            wait.wait_until(lambda: status.get(self.socket, "/v1/status")["running"] > 0, "a start")
            subject.send(signal.SIGTERM)
            self.assertEqual(client.read_all(starting).data, b"hello\n")
        self.assertEqual(subject.wait_exit(), 0)
        self.assertEqual(sum("START: a" in line for line in subject.records()), 2)

    def test_no_processes_left_is_told_and_tried_again(self):
        subject = self.faulty(defaults(**PLENTY) + service() + internal("echo", port=4001))
        client.exchange(4000)
        self.faults.arm("clone", "EAGAIN", ALWAYS)
        with client.connect(4000) as waiting:
            subject.wait_for_message("a: fork failed: Resource temporarily unavailable")
            self.assertEqual(client.exchange(4001, b"x").data, b"x", "others are served")
            self.faults.disarm("clone")
            self.assertEqual(client.read_all(waiting).data, b"hello\n")
        subject.wait_idle()
        self.assert_tables_are_right(subject)

    def test_no_processes_left_for_good_refuses_the_client(self):
        subject = self.faulty(defaults(**PLENTY) + service(flags="NORETRY"))
        self.faults.arm("clone", "EAGAIN", ALWAYS)
        self.assertEqual(client.exchange(4000, half_close=False).data, b"")
        subject.wait_for_record("FAIL: a fork")
        self.faults.disarm("clone")
        self.assertEqual(client.exchange(4000).data, b"hello\n")

    def test_out_of_memory_in_the_child_is_told_with_the_program(self):
        subject = self.faulty(defaults(**PLENTY) + service())
        self.faults.arm("child.execve", "ENOMEM")
        self.assertEqual(client.exchange(4000, half_close=False).data, b"")
        subject.wait_for_message("execv( /bin/echo ) failed: Cannot allocate memory")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_idle()
        self.assert_records_balance(subject, 2)

    def test_a_client_that_cannot_be_put_in_its_place_starts_nobody(self):
        """The handler would talk to /dev/null instead."""
        subject = self.faulty(defaults(**PLENTY) + service(flags="NORETRY"))
        client.exchange(4000)
        self.faults.arm("dup3", "EMFILE")
        self.assertEqual(client.exchange(4000, half_close=False).data, b"")
        subject.wait_for_message("a: fork failed: Too many open files")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_idle()


class Reloads(RaceCase):
    def test_a_thousand_hups_leave_one_daemon_that_serves(self):
        subject = self.started(USHERD, defaults(**PLENTY) + service())
        client.exchange(4000)
        subject.wait_idle()
        before = len(processes.descriptors(subject.pid))
        for number in range(1000):
            subject.send(signal.SIGHUP)
            if number % 100 == 0:
                self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.configure(defaults(**PLENTY) + service(server_args="the last"))
        subject.send(signal.SIGHUP)
        wait.wait_until(lambda: client.exchange(4000).data == b"the last\n", "the last reload")
        subject.wait_idle()
        wait.wait_until(lambda: len(processes.descriptors(subject.pid)) <= before,
                        lambda: f"{before} descriptors: {processes.descriptors(subject.pid)}")
        self.assert_tables_are_right(subject)

    def test_reloads_while_a_waiting_server_holds_the_socket_start_no_second(self):
        script = WORK / "holder.py"
        script.write_text("import socket\nl = socket.socket(fileno=0)\n"
                          "for _ in range(12):\n    c, _ = l.accept()\n    c.sendall(b'held')\n"
                          "    c.close()\n")
        text = service(wait="yes", server="/usr/bin/python3", server_args=script)
        subject = self.started(USHERD, defaults(**PLENTY) + text)
        self.assertEqual(client.exchange(4000).data, b"held")
        for turn in range(10):
            subject.configure(defaults(**PLENTY) + text
                              + service("b", port=4001, server_args=str(turn)))
            subject.reload()
            self.assertEqual(client.exchange(4000).data, b"held")
            self.assertEqual(len(subject.handlers()), 1)
        self.assertEqual(client.exchange(4000).data, b"held")
        subject.wait_idle()
        self.assert_tables_are_right(subject)


class Clock(RaceCase):
    DAY = 86400

    def test_a_step_by_a_day_delays_nobody_and_bans_nobody(self):
        text = defaults() + service(cps="50 2") + internal("echo", port=4001) + service(
            "cat", port=4002, server="/bin/cat", server_args=None, max_runtime="2",
            kill_grace="1")
        subject = self.faulty(text)
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        for seconds in (self.DAY, -self.DAY, 0):
            self.faults.move_clock(seconds)
            self.assertEqual(client.exchange(4000).data, b"hello\n", seconds)
            self.assertEqual(client.exchange(4001, b"x").data, b"x")
            with client.connect(4002) as held:  # ends after its two seconds, and not after a day
                begun = time.monotonic()
                self.assertEqual(client.read_all(held).data, b"")
                self.assertGreater(time.monotonic() - begun, 1.5)
        for line in subject.records():
            self.assertNotRegex(line, r"duration=-|duration=\d{4,}")
        self.assert_tables_are_right(subject)

    def test_a_service_closed_by_cps_opens_again_after_a_step_back(self):
        subject = self.faulty(defaults() + service(cps="2 2"))
        subject.trip(lambda: client.exchange(4000))
        self.faults.move_clock(-self.DAY)
        wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "the end of the pause")


class Full(RaceCase):
    """Nothing is left of what the log, the pid file or a socket needs."""

    def tmpfs(self, path, limit="size=64k"):
        pathlib.Path(path).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"{limit},mode=755", "tmpfs", path],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", path], check=True)

    def test_a_full_log_disk_is_told_and_serving_goes_on_and_so_does_the_log(self):
        self.tmpfs(WORK / "small")
        subject = self.started(USHERD, defaults(
            log_type=f"FILE {WORK}/small/records", **PLENTY) + service())
        client.exchange(4000)
        filler = WORK / "small/filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        for _ in range(100):  # the last page of the log has room for some
            self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_for_message("Error in common log: No space left on device")
        filler.unlink()
        records = WORK / "small/records"
        wait.wait_until(lambda: records.read_text().count("EXIT: a") == 101,
                        "the records that had to wait")

    def test_a_log_that_was_renamed_is_written_to_until_the_reload_makes_a_new_one(self):
        subject = self.started(USHERD, defaults(**PLENTY) + service())
        old = subject.record_file.with_name("old")
        client.exchange(4000)
        subject.wait_for_record("EXIT: a")
        subject.record_file.rename(old)
        client.exchange(4000)
        wait.wait_until(lambda: old.read_text().count("EXIT: a") == 2, "the renamed log")
        subject.reload()
        client.exchange(4000)
        subject.wait_for_record("EXIT: a")
        self.assertEqual(old.read_text().count("EXIT: a"), 2)

    def test_a_syslog_that_goes_away_holds_up_nobody_and_is_found_when_it_is_back(self):
        heard = Syslog()
        subject = self.started(USHERD, defaults(**PLENTY, log_type="SYSLOG daemon") + service())

        def records():
            return [line for line in heard.collect() if "START: a" in line[2]]
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        wait.wait_until(records, "the first record")
        heard.close()
        for _ in range(100):
            self.assertEqual(client.exchange(4000).data, b"hello\n")
        heard = Syslog()
        self.addCleanup(heard.close)

        def is_found():
            self.assertEqual(client.exchange(4000).data, b"hello\n")
            return records()
        wait.wait_until(is_found, lambda: f"a record\n{subject.story()}", pause=0.1)
        subject.wait_idle()
        self.assert_tables_are_right(subject)

    def test_a_full_run_directory_costs_the_pid_file_or_the_socket_and_not_the_services(self):
        self.tmpfs(WORK / "run", "nr_inodes=2")
        (WORK / "run/filler").touch()
        subject = self.daemon(USHERD, defaults(**PLENTY) + service())
        subject.pid_file = WORK / "run/pid"
        subject.start("--status-socket", str(WORK / "run/status/sock"))
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertFalse(subject.pid_file.exists())
        self.assertIn(str(WORK / "run/status"), " ".join(subject.message_texts("WARNING", "ERROR")))


class Descriptors(RaceCase):
    def test_with_64_descriptors_all_are_served_in_the_end(self):
        def limit():
            import resource
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        subject = self.daemon(USHERD, defaults(**PLENTY) + service()
                              + internal("echo", port=4001))
        subject.start(preexec_fn=limit)
        # A sanitizer that meets a class for the first time takes two descriptors to look at it.
        self.assertEqual(client.exchange(4001, b"x").data, b"x")
        subject.wait_idle()
        before = len(processes.descriptors(subject.pid))
        silent = [client.connect(4001) for _ in range(80)]
        self.addCleanup(lambda: [each.close() for each in silent])
        subject.wait_for_message("Too many open files")
        for each in silent:
            each.close()
        wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "service again")
        subject.wait_idle()
        self.assertLessEqual(len(processes.descriptors(subject.pid)), before + 10)
        self.assert_tables_are_right(subject)


