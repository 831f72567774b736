# SPDX-License-Identifier: BSD-2-Clause
#
# What is logged and where: records and their fields, files and their limits, syslog, JSON.

import json
import os
import pathlib
import re
import signal
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs
from harness.case import LINKED, USHERD, WORK, XINETD, IntegrationCase, on, wait
from harness.config import block, defaults, internal, service
from harness.syslog import Syslog

CAT = {"server": "/bin/cat", "server_args": None}


class Records(IntegrationCase):
    FLAGS = ["PID HOST EXIT DURATION", "PID", "HOST", "EXIT", "DURATION", "", "HOST EXIT",
             "duration exit host pid"]

    def normalised(self, subject):
        return [logs.normalised(line) for line in subject.records()]

    def test_log_on_success_makes_the_lines_of_xinetd(self):
        text = defaults() + "".join(service(f"s{number}", port=4000 + number, log_on_success=flags)
                                    for number, flags in enumerate(self.FLAGS))

        def scenario(subject):
            for number in range(len(self.FLAGS)):
                client.exchange(4000 + number, source="127.0.0.2")
                subject.wait_idle()
            subject.wait_for_record("EXIT: s7")
            return self.normalised(subject)
        lines = self.compare(text, scenario)
        self.assertEqual(lines, [
            "START: s0 pid=N from=::ffff:127.0.0.2", "EXIT: s0 status=0 pid=N duration=T(sec)",
            "START: s1 pid=N", "START: s2 from=::ffff:127.0.0.2",
            "START: s3", "EXIT: s3 status=0", "START: s4", "EXIT: s4 duration=T(sec)",
            "START: s6 from=::ffff:127.0.0.2", "EXIT: s6 status=0",
            "START: s7 pid=N from=::ffff:127.0.0.2", "EXIT: s7 status=0 pid=N duration=T(sec)"])

    def test_operators_extend_and_reduce_the_flags_of_defaults(self):
        rows = [{"log_on_success +": "EXIT"}, {"log_on_success -": "PID"},
                {"log_on_success": "EXIT"}, {"log_on_success": ""}, {},
                {"log_on_success": ["EXIT", "DURATION"]}]
        text = defaults(log_on_success="PID HOST") + "".join(
            service(f"s{number}", port=4000 + number, **row) for number, row in enumerate(rows))

        def scenario(subject):
            for number in range(len(rows)):
                client.exchange(4000 + number)
                subject.wait_idle()
            subject.wait_for_record("EXIT: s5")
            return self.normalised(subject)
        lines = self.compare(text, scenario)
        self.assertEqual([line for line in lines if " s0" in line],
                         ["START: s0 pid=N from=::ffff:127.0.0.1", "EXIT: s0 status=0 pid=N"])
        self.assertEqual([line for line in lines if " s3" in line], [])
        self.assertEqual([line for line in lines if " s5" in line],
                         ["START: s5", "EXIT: s5 duration=T(sec)"])

    def test_exit_tells_status_signal_and_duration(self):
        script = pathlib.Path("/tmp/home/end.sh")
        script.write_text("read how\n$how\n")
        text = defaults() + service(server="/bin/sh", server_args=script)

        def scenario(subject):
            for number, how in enumerate((b"exit 7\n", b"kill -9 $$\n", b"kill -TERM $$\n",
                                          b"sleep 1.1\n")):
                # The word is not parsed again, so $$ needs eval.
                client.exchange(4000, how.replace(b"kill", b"eval kill"))
                subject.wait_for_record("EXIT: a", number + 1)
            ends = [line for line in subject.records() if line.startswith("EXIT")]
            self.assertNotIn("duration=0(", ends[3])
            return [re.sub(r"pid=\d+ duration=\d+", "T", line) for line in ends]
        self.assertEqual(self.compare(text, scenario),
                         ["EXIT: a status=7 T(sec)", "EXIT: a signal=9 T(sec)",
                          "EXIT: a signal=15 T(sec)", "EXIT: a status=0 T(sec)"])

    @on(XINETD, USHERD)
    def test_pids_in_the_log_are_those_of_the_handlers(self, kind):
        subject = self.started(kind, defaults() + service(**CAT))
        with client.connect(4000) as held:
            held.sendall(b"x")
            client.read_some(held, 1)
            (pid,) = subject.handlers()
            self.assertEqual(subject.wait_for_records(1),
                             [f"START: a pid={pid} from=::ffff:127.0.0.1"])
        self.assertEqual(subject.wait_for_record("EXIT"),
                         [f"EXIT: a status=0 pid={pid} duration=0(sec)"])

    def test_internal_services_are_logged_as_in_xinetd(self):
        text = defaults() + "".join(
            internal(name, kind, port=port) for name, kind, port in (
                ("daytime", "stream", 4000), ("time", "dgram", 4001), ("echo", "stream", 4002),
                ("echo", "dgram", 4003), ("discard", "stream", 4004)))

        def scenario(subject):
            client.exchange(4000, half_close=False)
            subject.wait_for_records(1)
            client.ask(4001, b"x")
            subject.wait_for_records(2)
            client.exchange(4002, b"x")
            subject.wait_for_records(4)
            client.ask(4003, b"x")
            subject.wait_for_records(5)
            client.exchange(4004, b"x")
            subject.wait_for_records(7)
            return self.normalised(subject)
        lines = self.compare(text, scenario)
        self.assertEqual(lines[0], "START: daytime-stream pid=0 from=::ffff:127.0.0.1")
        self.assertEqual(lines[2:4], ["START: echo-stream pid=N from=::ffff:127.0.0.1",
                                      "EXIT: echo-stream status=0 pid=N duration=T(sec)"])

    @on(XINETD, USHERD)
    def test_without_log_type_there_are_no_records(self, kind):
        subject = self.started(kind, block("defaults", {"log_on_success": "PID"}) + service())
        client.exchange(4000)
        subject.wait_idle()
        self.assertEqual([text for text in subject.message_texts() if "START" in text], [])
        self.assertFalse(subject.record_file.exists())


class Files(IntegrationCase):
    @on(XINETD, USHERD)
    def test_the_envelope_has_no_padding_in_month_and_day(self, kind):
        subject = self.started(kind, defaults() + service())
        client.exchange(4000)
        subject.wait_for_records(2)
        for line in subject.record_file.read_text().splitlines():
            self.assertRegex(line, r"^\d\d/([1-9]|1[0-2])/([1-9]|[12]\d|3[01])@\d\d:\d\d:\d\d: "
                                   r"(START|EXIT): a ")
        self.assertEqual(subject.record_file.stat().st_mode & 0o777, 0o644)

    @on(XINETD, USHERD)
    def test_the_filelog_has_tag_and_level(self, kind):
        subject = self.started(kind, defaults() + service())
        (started,) = [message for message in subject.messages() if "Started" in message.text]
        self.assertEqual((started.program, started.pid, started.level),
                         (kind, subject.pid, "NOTICE"))

    @on(LINKED)
    def test_the_tag_is_the_name_the_daemon_was_started_by(self, kind):
        subject = self.started(kind, defaults() + service())
        self.assertEqual({message.program for message in subject.messages()}, {"xinetd"})

    @on(XINETD, USHERD)
    def test_a_renamed_log_is_made_anew_by_a_reload(self, kind):
        subject = self.started(kind, defaults() + service() + service(
            "b", port=4001, log_type="FILE @DIR@/own"))
        own = subject.directory / "own"
        for port in (4000, 4001):
            client.exchange(port)
        subject.wait_for_records(2)
        wait.wait_until(lambda: own.read_text().count("\n") == 2, "own records")
        for path in (subject.record_file, own):
            path.rename(f"{path}.1")
        subject.reload()
        for port in (4000, 4001):
            client.exchange(port)
        subject.wait_for_records(2)
        wait.wait_until(lambda: own.read_text().count("\n") == 2, "own records")
        for path in (subject.record_file, own):
            self.assertEqual(pathlib.Path(f"{path}.1").read_text().count("\n"), 2)

    @on(XINETD, USHERD)
    def test_a_log_that_cannot_be_made_takes_down_its_service_alone(self, kind):
        subject = self.started(kind, defaults() + service(log_type="FILE /nowhere/log")
                               + service("b", port=4001))
        self.assertEqual(client.exchange(4000).ending, "refused")
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        errors = subject.message_texts("ERROR")
        self.assertIn("creation of a log failed", " ".join(errors))
        self.assertIn("Service a failed to start and is deactivated.", errors)

    def limited(self, kind, limits, times=30, before=""):
        """A service whose log has limits: its lines, and the daemon's messages about it."""
        own = WORK / "limited"
        own.write_text(before)
        subject = self.started(kind, defaults() + service(log_type=f"FILE {own} {limits}",
                                                          log_on_success="PID HOST", cps="0 0"))
        for _ in range(times):
            client.exchange(4000)
        subject.wait_idle()
        return subject, own.read_text()

    @on(XINETD, USHERD)
    def test_the_line_that_crosses_the_hard_limit_is_the_last(self, kind):
        subject, text = self.limited(kind, "200 400")
        self.assertTrue(text.endswith("\n"))
        lines = text.splitlines(keepends=True)
        self.assertLessEqual(len("".join(lines[:-1])), 400)
        self.assertGreater(len(text), 400)
        subject.wait_for_message("Size of a log exceeded hard limit")
        self.assertEqual(len([text for text in subject.message_texts("ERROR")
                              if "exceeded hard limit" in text]), 1)

    @on(USHERD)
    def test_limits_make_one_message_each(self, kind):
        """xinetd says nothing at the soft limit and floods its log at the hard one (D8)."""
        subject, _ = self.limited(kind, "200 400")
        subject.wait_for_message("exceeded hard limit")
        about = [text for text in subject.message_texts() if "Size of a log" in text
                 or "a log" in text]
        self.assertEqual(len(about), 2, about)

    @on(USHERD)
    def test_a_log_that_is_full_at_the_start_gets_nothing(self, kind):
        before = "x" * 500 + "\n"
        _, text = self.limited(kind, "200 400", 3, before)
        self.assertEqual(text, before)

    @on(XINETD, USHERD)
    def test_services_that_inherit_a_file_share_its_limit(self, kind):
        subject = self.daemon(kind, block("defaults", {
            "log_type": "FILE @DIR@/records 200 400", "log_on_success": "HOST"})
            + service(cps="0 0") + service("b", port=4001, cps="0 0"))
        subject.start()
        for _ in range(10):
            client.exchange(4000)
            client.exchange(4001)
        subject.wait_for_message("Size of common log exceeded hard limit")
        self.assertLess(subject.record_file.stat().st_size, 480)


class ToSyslog(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.syslog = Syslog()
        self.addCleanup(self.syslog.close)

    def wait_for(self, part, count=1):
        return wait.wait_until(
            lambda: [line for line in self.syslog.collect() if part in line[2]][count - 1:]
            and [line for line in self.syslog.lines if part in line[2]],
            lambda: f"{part!r} in {self.syslog.lines}")

    @on(XINETD, USHERD)
    def test_records_go_to_their_facility_and_level(self, kind):
        text = service(log_type="SYSLOG daemon", log_on_success="HOST")
        text += service("b", port=4001, log_type="SYSLOG local4 notice", log_on_success="HOST",
                        log_on_failure="HOST", instances=0)
        self.started(kind, text)
        client.exchange(4000)
        client.exchange(4001)
        self.assertEqual(self.wait_for("START: a"),
                         [(3 << 3 | 6, kind, "START: a from=::ffff:127.0.0.1")])
        self.assertEqual(self.wait_for("FAIL: b"),
                         [(20 << 3 | 5, kind, "FAIL: b service_limit from=::ffff:127.0.0.1")])

    @on(XINETD, USHERD)
    def test_messages_go_to_syslog_without_filelog(self, kind):
        subject = self.daemon(kind, defaults() + service() + service("b", port=4001, nice="x"))
        subject.start(ready=False, filelog=False)
        self.assertEqual(self.wait_for("Started working"),
                         [(3 << 3 | 5, kind, "Started working: 1 available service")])
        self.assertIn(3 << 3 | 3, [line[0] for line in self.syslog.lines])

    @on(XINETD, USHERD)
    def test_the_facility_of_messages_can_be_chosen(self, kind):
        subject = self.daemon(kind, defaults() + service())
        subject.start("-syslog", "local3", ready=False, filelog=False)
        self.assertEqual(self.wait_for("Started working")[0][0], 19 << 3 | 5)

    @on(USHERD)
    def test_a_syslog_that_does_not_read_holds_up_nobody(self, kind):
        """The queue of /dev/log holds ten datagrams; nobody collects them here."""
        subject = self.started(kind, service(log_type="SYSLOG daemon", cps="0 0",
                                             log_on_success="PID HOST EXIT"))
        for _ in range(100):
            self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_idle()

    @on(USHERD)
    def test_syslog_that_starts_later_is_found(self, kind):
        self.syslog.close()
        os.close(os.open("/dev/log", os.O_CREAT))  # something to be unlinked
        self.started(kind, service(log_type="SYSLOG daemon", log_on_success="HOST"))
        client.exchange(4000)
        self.syslog = Syslog()

        def heard():
            client.exchange(4000)
            return [line for line in self.syslog.collect() if "START: a" in line[2]]
        wait.wait_until(heard, "a record", pause=0.1)


class Formats(IntegrationCase):
    def test_json_lines_carry_the_same_facts(self):
        subject = self.daemon(USHERD, defaults() + service() + service("b", port=4001,
                                                                       instances=0))
        subject.start("--log-format", "json", ready=False)

        def messages():
            if not subject.message_file.exists():
                return []
            return [json.loads(line) for line in subject.message_file.read_text().splitlines()]
        wait.wait_until(lambda: [line for line in messages() if "Started working: 2 available"
                                 in json.dumps(line)], "the start")
        client.exchange(4000)
        client.exchange(4001)

        def records():
            text = subject.record_file.read_text() if subject.record_file.exists() else ""
            return [json.loads(line) for line in text.splitlines()]
        wait.wait_until(lambda: len(records()) == 3, "three records")
        text = json.dumps(records())
        for part in ("START: a", "EXIT: a", "FAIL: b service_limit"):
            self.assertIn(part, text)

    @on(USHERD)
    def test_foreground_writes_messages_to_standard_error(self, kind):
        subject = self.daemon(kind, defaults() + service())
        with open(subject.stderr_file, "ab") as errors:
            subject.process = subprocess.Popen(
                [*subject.command(filelog=False), "--foreground"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors)
        subject.pid = subject.process.pid
        wait.wait_until(lambda: "Started working: 1 available service" in subject.stderr(),
                        "the start on standard error")
        self.assertEqual(subject.stop(signal.SIGTERM), 0)
        self.assertIn("Exiting...", subject.stderr())

    @on(USHERD)
    def test_what_clients_provoke_is_summarised_in_messages_but_not_in_records(self, kind):
        subject = self.started(kind, defaults() + service(max_load="-1", cps="0 0"))
        for _ in range(300):
            client.exchange(4000)
        self.assertEqual(len(subject.wait_for_record("FAIL: a load", 300)), 300)
        provoked = [text for text in subject.message_texts() if "excessive load" in text]
        self.assertGreaterEqual(len(provoked), 1)
        self.assertLess(len(provoked), 20)
