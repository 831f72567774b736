# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon as its administrator sees it: options, signals, exit status, pid file, daemonising.

import os
import pathlib
import pty
import signal
import socket
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness import daemon as daemons
from harness.case import LINKED, USHERD, WORK, XINETD, IntegrationCase, on, processes, wait
from harness.config import defaults, internal, service

CAT = {"server": "/bin/cat", "server_args": None}
TEXT = defaults() + service()


def run(kind, *options):
    """Runs the program to its end: (status, standard output, standard error)."""
    done = subprocess.run([str(daemons.program(kind)), *options], capture_output=True, text=True,
                          timeout=wait.PATIENCE, stdin=subprocess.DEVNULL,
                          env=daemons.ENVIRONMENT, cwd="/")
    return done.returncode, done.stdout, done.stderr


class Signals(IntegrationCase):
    def still_served(self, held):
        held.sendall(b"y")
        return client.read_some(held, 1) == b"y"

    @on(XINETD, USHERD)
    def test_term_ends_the_daemon_and_leaves_handlers_alone(self, kind):
        subject = self.started(kind, defaults() + service(**CAT))
        held = self.hold()
        self.assertTrue(subject.pid_file.exists())
        self.assertEqual(subject.stop(signal.SIGTERM), 0)
        self.assertIn("Exiting...", subject.message_texts("WARNING"))
        self.assertFalse(subject.pid_file.exists())
        self.assertTrue(self.still_served(held))
        self.assertEqual(client.exchange(4000).ending, "refused")

    @on(XINETD, USHERD)
    def test_quit_ends_the_daemon_at_once_and_leaves_handlers_alone(self, kind):
        subject = self.started(kind, defaults() + service(**CAT))
        held = self.hold()
        self.assertEqual(subject.stop(signal.SIGQUIT), 0)
        self.assertFalse(subject.pid_file.exists())
        self.assertTrue(self.still_served(held))

    @on(USHERD)
    def test_on_stop_end_ends_handlers_in_order(self, kind):
        """TERM to the group of each; KILL after kill_grace to one that ignores it."""
        script = pathlib.Path("/tmp/home/stubborn.sh")
        script.write_text("trap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
        subject = self.started(kind, defaults() + service(**CAT) + service(
            "b", port=4001, server="/bin/sh", server_args=script, kill_grace=1),
            "--on-stop", "end")
        held = self.hold()
        with client.connect(4001) as stubborn:
            self.assertEqual(client.read_some(stubborn, 6), b"ready\n")
            self.assertEqual(subject.stop(signal.SIGTERM), 0)
            self.assertEqual(client.read_all(held).ending, "eof")
            self.assertEqual(client.read_all(stubborn).ending, "eof")
        ends = [line.split(" pid=")[0] for line in subject.records() if line.startswith("EXIT")]
        self.assertEqual(ends, ["EXIT: a signal=15", "EXIT: b signal=9"])

    @on(USHERD)
    def test_internal_sessions_end_with_the_daemon(self, kind):
        """xinetd's processes ignore the TERM it sends them (D13, D32)."""
        subject = self.started(kind, defaults() + internal("echo", port=4000))
        held = self.hold()
        self.assertEqual(subject.stop(signal.SIGTERM), 0)
        self.assertIn(client.read_all(held).ending, ("eof", "reset"))

    @on(XINETD, USHERD)
    def test_int_and_pipe_and_alarm_are_ignored(self, kind):
        subject = self.started(kind, TEXT)
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGALRM, signal.SIGCONT):
            subject.send(number)
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertFalse(subject.exited())

    @on(XINETD, USHERD)
    def test_hup_and_usr2_reload(self, kind):
        subject = self.started(kind, TEXT)
        for count, number in enumerate((signal.SIGHUP, signal.SIGUSR2)):
            subject.configure(defaults() + service(server_args=f"turn {count}"))
            subject.send(number)
            subject.wait_for_message("Reconfigured: new=0 old=1 dropped=0 (services)", count + 1)
            self.assertEqual(client.exchange(4000).data, b"turn %d\n" % count)
        notices = subject.message_texts("NOTICE")
        for text in ("Starting reconfiguration", "Swapping defaults", "readjusting service a"):
            self.assertIn(text, notices)

    @on(XINETD, USHERD)
    def test_abrt_checks_the_daemons_tables(self, kind):
        subject = self.started(kind, TEXT)
        subject.send(signal.SIGABRT)
        subject.wait_for_message("Consistency check passed")

    @on(USHERD)
    def test_a_paused_service_is_no_inconsistency(self, kind):
        """xinetd reports two errors for it (D37)."""
        subject = self.started(kind, defaults() + service(cps="1 60"))
        subject.trip(lambda: client.exchange(4000))
        subject.send(signal.SIGABRT)
        subject.wait_for_message("Consistency check passed")

    def test_a_client_that_does_not_take_his_banner_is_no_inconsistency(self):
        (WORK / "long").write_bytes(b"x" * 65536)
        subject = self.started(USHERD, defaults() + service(banner_success=WORK / "long",
                                                            flags="IPv4"))
        waiting = socket.socket()
        self.addCleanup(waiting.close)
        waiting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        waiting.connect(("127.0.0.1", 4000))
        client.read_some(waiting, 1)
        subject.send(signal.SIGABRT)
        subject.wait_for_message("Consistency check")
        self.assertEqual(subject.message_texts("ERROR"), [])

    @on(USHERD)
    def test_a_storm_of_signals_while_serving_does_no_harm(self, kind):
        subject = self.started(kind, defaults() + service(cps="0 0"))
        for _ in range(50):
            for number in (signal.SIGHUP, signal.SIGUSR2, signal.SIGCHLD, signal.SIGPIPE):
                subject.send(number)
            self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_idle()


class Options(IntegrationCase):
    def test_version_and_help_exit_with_zero(self):
        self.require(USHERD)
        status, out, err = run(USHERD, "-version")
        self.assertEqual((status, out), (0, ""))
        self.assertRegex(err, r"\d+\.\d+")
        status, out, _ = run(USHERD, "--help")
        self.assertEqual(status, 0)
        for option in ("-f", "-dontfork", "--check", "--port-offset", "--on-stop"):
            self.assertIn(option, out)

    @on(XINETD, USHERD)
    def test_version_goes_to_standard_error(self, kind):
        status, out, err = run(kind, "-version")
        self.assertEqual((status, out), (0, ""))
        self.assertTrue(err.endswith(" libwrap loadavg\n"), err)

    @on(XINETD, USHERD)
    def test_usage_errors_exit_with_one(self, kind):
        for options in (["stray"], ["-f"], ["-limit", "many"], ["-pidfile"], ["-"],
                        ["-filelog", "/tmp/work/x", "-syslog", "daemon"], ["-cc", "x"]):
            status, _, err = run(kind, *options)
            self.assertEqual(status, 1, f"{options}: {err}")
            self.assertIn("sage", err, options)

    @on(USHERD)
    def test_an_unknown_long_option_is_an_error(self, kind):
        status, _, err = run(kind, "--no-such-thing", "-f", "/dev/null")
        self.assertEqual(status, 1)
        self.assertIn("no-such-thing", err)

    @on(XINETD, USHERD, LINKED)
    def test_options_of_xinetd_and_unknown_short_ones_are_accepted(self, kind):
        subject = self.started(kind, TEXT, "-stayalive", "-reuse", "-inetd_ipv6", "-foo",
                               "-inetd_compat", "-logprocs", "5", "-limit", "10", "-cc", "60",
                               "-shutdownprocs", "2")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertIn("deprecated", subject.stderr() + " ".join(subject.message_texts()))

    @on(XINETD, USHERD)
    def test_a_configuration_that_cannot_be_read_exits_with_one(self, kind):
        subject = self.daemon(kind)
        subject.configuration = WORK / "nowhere"
        subject.start(ready=False)
        self.assertEqual(subject.wait_exit(), 1)
        self.assertTrue(any("nowhere" in text for text in subject.message_texts()),
                        subject.story())

    @on(XINETD, USHERD)
    def test_a_log_that_cannot_be_opened_exits_with_one(self, kind):
        subject = self.daemon(kind, TEXT)
        subject.message_file = WORK / "nowhere/messages"
        subject.start(ready=False)
        self.assertEqual(subject.wait_exit(), 1)
        self.assertTrue(subject.stderr().strip())

    @on(XINETD, USHERD)
    def test_dontfork_stays_alive_without_services(self, kind):
        subject = self.daemon(kind, defaults())
        subject.start()
        self.assertIn("Started working: 0 available services", subject.message_texts())

    @on(LINKED)
    def test_invoked_as_xinetd_the_default_file_is_xinetds(self, kind):
        path = pathlib.Path("/etc/xinetd.conf")
        path.write_text(defaults(log_type="FILE /tmp/work/records") + service())
        self.addCleanup(path.unlink)
        subject = self.daemon(kind)
        command = [word for word in subject.command("-dontfork")
                   if word not in ("-f", str(subject.configuration))]
        subject.process = subprocess.Popen(command, env=daemons.ENVIRONMENT)
        subject.pid = subject.process.pid
        subject.wait_for_message("Started working: 1 available service")
        self.assertEqual(client.exchange(4000).data, b"hello\n")

    @on(USHERD)
    def test_spawn_workers_can_be_chosen_and_without_there_are_none(self, kind):
        for workers in (0, 1, 4):
            subject = self.daemon(kind, TEXT, WORK / str(workers)).start("--spawn-workers",
                                                                         str(workers))
            self.assertEqual(client.exchange(4000).data, b"hello\n")
            threads = os.listdir(f"/proc/{subject.pid}/task")
            self.assertGreaterEqual(len(threads), 1 + workers)
            subject.stop()
        self.assertEqual(run(kind, "--spawn-workers", "5", "--foreground")[0], 1)


class PidFile(IntegrationCase):
    @on(XINETD, USHERD)
    def test_it_holds_the_pid_and_a_newline(self, kind):
        subject = self.started(kind, TEXT)
        self.assertEqual(subject.pid_file.read_text(), f"{subject.pid}\n")
        self.assertEqual(subject.pid_file.stat().st_mode & 0o777, 0o644)

    @on(XINETD, USHERD)
    def test_a_link_in_its_place_is_replaced_and_not_followed(self, kind):
        victim = WORK / "victim"
        victim.write_text("precious")
        subject = self.daemon(kind, TEXT)
        subject.pid_file.symlink_to(victim)
        subject.start()
        self.assertEqual(victim.read_text(), "precious")
        self.assertFalse(subject.pid_file.is_symlink())
        self.assertEqual(subject.pid_file.read_text(), f"{subject.pid}\n")

    @on(USHERD)
    def test_a_relative_name_is_removed_too(self, kind):
        """xinetd makes it in its start directory and removes it in / (D35)."""
        subject = self.daemon(kind, TEXT)
        subject.pid_file = pathlib.Path("relative.pid")
        subject.start(cwd=WORK)
        self.assertTrue((WORK / "relative.pid").exists())
        subject.stop()
        self.assertFalse((WORK / "relative.pid").exists())


class Daemonising(IntegrationCase):
    def background(self, subject, *options, **popen):
        """Starts as an init script does: the status of the foreground process."""
        with open(subject.stderr_file, "ab") as errors:
            done = subprocess.run(subject.command(*options), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=errors, env=daemons.ENVIRONMENT,
                                  timeout=wait.PATIENCE, **popen)
        return done.returncode

    def wait_for_pid(self, subject):
        def number():
            try:
                return int(subject.pid_file.read_text())
            except (FileNotFoundError, ValueError):
                return None
        return wait.wait_until(number, "a pid file")

    @on(XINETD, USHERD, LINKED)
    def test_the_daemon_runs_in_a_session_of_its_own(self, kind):
        subject = self.daemon(kind, TEXT)
        self.assertEqual(self.background(subject), 0)
        pid = self.wait_for_pid(subject)
        self.addCleanup(self.end_leftovers)
        wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "an answer")
        fields = processes.stat(pid)
        self.assertEqual(fields[3], str(pid), "leads its session")
        self.assertEqual(fields[4], "0", "no terminal")
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        opened = processes.descriptors(pid)
        self.assertEqual([opened[number] for number in range(3)], ["/dev/null"] * 3)
        os.kill(pid, signal.SIGTERM)
        wait.wait_until(lambda: processes.state(pid) in (None, "Z"), "the end")
        self.assertFalse(subject.pid_file.exists())

    @on(USHERD)
    def test_zero_means_that_the_daemon_runs(self, kind):
        """The foreground process returns once the sockets are there (D36)."""
        subject = self.daemon(kind, TEXT)
        self.assertEqual(self.background(subject), 0)
        self.addCleanup(self.end_leftovers)
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        os.kill(int(subject.pid_file.read_text()), signal.SIGTERM)

    @on(USHERD)
    def test_a_failed_start_is_seen_in_the_exit_status(self, kind):
        """xinetd's foreground process says 0 (D36)."""
        subject = self.daemon(kind, defaults())
        self.assertEqual(self.background(subject), 1)
        self.assertIn("no services. Exiting...", " ".join(subject.message_texts("CRITICAL")))
        wait.wait_until(lambda: not subject.pid_file.exists(), "the pid file goes")

    @on(XINETD)
    def test_xinetd_says_zero_whatever_comes(self, kind):
        subject = self.daemon(kind, defaults())
        self.assertEqual(self.background(subject), 0)
        subject.wait_for_message("no services. Exiting...")

    @on(USHERD)
    def test_a_relative_configuration_is_found_again_at_a_reload(self, kind):
        """xinetd looks in / then (D35)."""
        subject = self.daemon(kind, TEXT)
        subject.directory.joinpath("extra").write_text(service("b", port=4001))
        subject.configure(TEXT + "include extra\n")
        real, subject.configuration = subject.configuration, pathlib.Path("conf")
        subject.start(cwd=subject.directory)
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        subject.configuration = real
        subject.configure(defaults() + service(server_args="new") + "include extra\n")
        subject.reload()
        self.assertEqual(client.exchange(4000).data, b"new\n")
        self.assertEqual(client.exchange(4001).data, b"hello\n")


class Debug(IntegrationCase):
    @on(XINETD, USHERD)
    def test_d_logs_to_the_terminal_and_ends_on_int(self, kind):
        subject = self.daemon(kind, TEXT)
        command = [str(daemons.program(kind)), "-d", "-f", str(subject.configuration)]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(command[0], command, daemons.ENVIRONMENT)
        self.addCleanup(os.close, terminal)
        os.set_blocking(terminal, False)
        shown = bytearray()

        def started():
            try:
                shown.extend(os.read(terminal, 65536))
            except (BlockingIOError, OSError):
                pass
            return b"Started working: 1 available service" in shown
        wait.wait_until(started, lambda: f"the start in {bytes(shown)!r}")
        os.kill(pid, signal.SIGINT)
        ended = wait.wait_until(lambda: next((status for found, status in
                                              [os.waitpid(pid, os.WNOHANG)] if found), None)
                                or processes.state(pid) is None, "the end")
        self.assertEqual(os.waitstatus_to_exitcode(ended), 1)
