# SPDX-License-Identifier: BSD-2-Clause
#
# What xinetd never had: UNIX sockets, max_runtime, stderr, pass_fds. usherd alone.

import grp
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat

import harness  # noqa: F401  (enters the sandbox)
from harness import client, probe
from harness.case import HERE, USHERD, WORK, IntegrationCase, logs, processes, wait
from harness.config import defaults, internal, service

CAT = {"server": "/bin/cat", "server_args": None}


def unix(path, kind=socket.SOCK_STREAM):
    connection = socket.socket(socket.AF_UNIX, kind)
    connection.settimeout(wait.PATIENCE)
    connection.connect("\0" + path[1:] if path.startswith("@") else path)
    return connection


def talk(path, data=b""):
    with unix(path) as connection:
        if data:
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return client.read_all(connection)


class UnixSockets(IntegrationCase):
    PATH = "/tmp/work/s"

    def listen(self, *endpoints, **more):
        attributes = {"port": None, "listen": " ".join(endpoints)}
        return self.started(USHERD, defaults() + service(**(attributes | more)))

    def test_a_stream_socket_serves_and_is_logged_without_address(self):
        subject = self.listen(f"unix:{self.PATH}")
        self.assertEqual(talk(self.PATH).data, b"hello\n")
        subject.wait_for_record("EXIT: a")
        self.assertEqual([logs.normalised(line) for line in subject.records()],
                         ["START: a pid=N from=<no address>",
                          "EXIT: a status=0 pid=N duration=T(sec)"])

    def test_an_abstract_socket_serves(self):
        self.listen("unix:@usherd-test")
        self.assertEqual(talk("@usherd-test").data, b"hello\n")

    def test_the_handler_sees_a_unix_connection(self):
        probe.install(self)
        self.listen(f"unix:{self.PATH}", server=probe.PATH, server_args=None)
        seen = probe.parse(talk(self.PATH).data)
        self.assertEqual(seen.variables["REMOTE_HOST"], "<no address>")
        self.assertNotIn("TCPREMOTEIP", seen.variables)
        self.assertEqual(sorted(seen.descriptors), [0, 1, 2])

    def test_one_service_listens_on_unix_and_tcp_sockets(self):
        subject = self.listen(f"unix:{self.PATH}", "127.0.0.1:4000", "unix:@usherd-test",
                              **CAT, instances=1)
        with unix(self.PATH) as held:
            held.sendall(b"x")
            self.assertEqual(held.recv(1), b"x")
            self.assertEqual(client.exchange(4000).data, b"")
            self.assertEqual(talk("@usherd-test").data, b"")
        subject.wait_for_record("FAIL: a service_limit", 2)

    def test_mode_and_owner_of_the_socket(self):
        self.listen(f"unix:{self.PATH}", socket_mode="0640", socket_owner="alice",
                    socket_group="readers")
        facts = os.stat(self.PATH)
        self.assertTrue(stat.S_ISSOCK(facts.st_mode))
        self.assertEqual(stat.S_IMODE(facts.st_mode), 0o640)
        self.assertEqual(facts.st_uid, pwd.getpwnam("alice").pw_uid)
        self.assertEqual(facts.st_gid, grp.getgrnam("readers").gr_gid)

    def test_access_lists_do_not_apply(self):
        self.listen(f"unix:{self.PATH}", only_from="192.0.2.77", per_source=1)
        self.assertEqual(talk(self.PATH).data, b"hello\n")

    def test_the_socket_file_goes_when_the_daemon_ends(self):
        subject = self.listen(f"unix:{self.PATH}")
        self.assertEqual(subject.stop(), 0)
        self.assertFalse(os.path.lexists(self.PATH))

    def test_a_socket_file_left_by_a_crash_is_replaced(self):
        subject = self.listen(f"unix:{self.PATH}")
        subject.process.kill()
        subject.process.wait()
        self.assertTrue(os.path.lexists(self.PATH))
        self.listen(f"unix:{self.PATH}")
        self.assertEqual(talk(self.PATH).data, b"hello\n")

    def test_a_socket_that_somebody_listens_on_is_not_taken_away(self):
        other = socket.socket(socket.AF_UNIX)
        self.addCleanup(other.close)
        other.bind(self.PATH)
        other.listen()
        subject = self.listen(f"unix:{self.PATH}")
        self.assertTrue(any("bind failed" in text for text in subject.message_texts("ERROR")),
                        subject.story())
        unix(self.PATH).close()
        other.accept()[0].close()

    def test_a_file_that_is_no_socket_is_never_removed(self):
        pathlib.Path(self.PATH).write_text("precious")
        subject = self.listen(f"unix:{self.PATH}")
        self.assertTrue(any(self.PATH in text or "bind failed" in text
                            for text in subject.message_texts("ERROR")), subject.story())
        self.assertEqual(pathlib.Path(self.PATH).read_text(), "precious")

    def test_a_reload_keeps_the_socket(self):
        subject = self.listen(f"unix:{self.PATH}", **CAT)
        inode = os.stat(self.PATH).st_ino
        with unix(self.PATH) as held:
            held.sendall(b"x")
            held.recv(1)
            subject.configure(defaults() + service(port=None, listen=f"unix:{self.PATH}", **CAT,
                                                   nice=3))
            subject.reload()
            held.sendall(b"y")
            self.assertEqual(held.recv(1), b"y")
        self.assertEqual(os.stat(self.PATH).st_ino, inode)
        subject.configure(defaults() + service())
        subject.reload()
        self.assertFalse(os.path.lexists(self.PATH), "removed with its service")

    def waiting(self, kind):
        shutil.copy(HERE / "handlers/waiting_server.py", "/tmp/work/waiting_server.py")
        return self.listen(f"unix:{self.PATH}", wait="yes", socket_type=kind,
                           protocol=None, server="/usr/bin/python3",
                           server_args="-I -S /tmp/work/waiting_server.py serve 1")

    def test_a_waiting_server_gets_the_stream_socket(self):
        subject = self.waiting("stream")
        for _ in range(2):
            self.assertIn(b" x", talk(self.PATH, b"x").data)
        subject.wait_for_record("EXIT: a", 2)

    def test_a_waiting_server_gets_the_datagram_socket(self):
        subject = self.waiting("dgram")
        for number in range(2):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker:
                asker.settimeout(wait.PATIENCE)
                asker.bind(f"/tmp/work/asker{number}")
                asker.sendto(b"x", self.PATH)
                self.assertIn(b" x", asker.recv(100))
        subject.wait_for_record("EXIT: a", 2)
        self.assertIn("from=<no address>", subject.records()[0])

    def test_internal_services_over_unix_sockets(self):
        text = internal("echo", "stream", listen="unix:/tmp/work/stream")
        text += internal("echo", "dgram", listen="unix:/tmp/work/dgram")
        self.started(USHERD, defaults() + text)
        self.assertEqual(talk("/tmp/work/stream", b"x").data, b"x")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker:
            asker.settimeout(wait.PATIENCE)
            asker.bind("/tmp/work/asker")
            asker.sendto(b"y", "/tmp/work/dgram")
            self.assertEqual(asker.recv(100), b"y")


class MaxRuntime(IntegrationCase):
    def test_a_handler_that_runs_too_long_gets_term(self):
        subject = self.started(USHERD, defaults() + service(**CAT, max_runtime="1s"))
        with client.connect(4000) as held:
            self.assertEqual(client.read_all(held), client.Reply(b"", "eof"))
        self.assertRegex(subject.wait_for_record("EXIT: a")[0],
                         r"EXIT: a signal=15 pid=\d+ duration=[1-9]\d*\(sec\)")

    def test_one_that_ignores_term_gets_kill_with_its_whole_group(self):
        script = pathlib.Path("/tmp/home/stubborn.sh")
        script.write_text("trap '' TERM\nsleep 1000 &\necho $!\nwhile :; do sleep 0.05; done\n")
        subject = self.started(USHERD, defaults() + service(
            server="/bin/sh", server_args=script, max_runtime=1, kill_grace=1))
        with client.connect(4000) as held:
            reply = client.read_all(held)
        self.assertEqual(reply.ending, "eof", "no process of the group holds the connection")
        self.assertRegex(subject.wait_for_record("EXIT: a")[0],
                         r"EXIT: a signal=9 pid=\d+ duration=[1-9]\d*\(sec\)")
        grandchild = int(reply.data)
        wait.wait_until(lambda: processes.state(grandchild) in (None, "Z"), "the group is gone")

    def test_a_handler_that_ends_in_time_is_left_alone(self):
        subject = self.started(USHERD, defaults(max_runtime="1s") + service()
                               + service("b", port=4001, **CAT, max_runtime="UNLIMITED"))
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        with client.connect(4001) as held:
            self.assertEqual(client.read_all_within(held, 1.3).ending, "open")
        self.assertEqual({line.split()[2] for line in subject.wait_for_record("EXIT: ", 2)},
                         {"status=0"})


class Stderr(IntegrationCase):
    def setUp(self):
        super().setUp()
        script = pathlib.Path("/tmp/home/errors.sh")
        script.write_text("echo out\necho first line >&2\nprintf 'bad \\033[1m \\001 two\\n' >&2\n"
                          "printf 'no newline' >&2\n")
        self.server = {"server": "/bin/sh", "server_args": script}

    def test_client_is_the_default(self):
        self.started(USHERD, defaults() + service(**self.server))
        self.assertIn(b"first line\n", client.exchange(4000).data)

    def test_null_swallows_it(self):
        subject = self.started(USHERD, defaults(stderr="null") + service(**self.server))
        self.assertEqual(client.exchange(4000).data, b"out\n")
        subject.wait_for_record("EXIT")
        self.assertFalse(any("first line" in text for text in subject.message_texts()))

    def test_log_gets_it_line_by_line_and_escaped(self):
        subject = self.started(USHERD, defaults() + service(**self.server, stderr="log"))
        before = processes.descriptors(subject.pid)
        self.assertEqual(client.exchange(4000).data, b"out\n")
        subject.wait_for_message("no newline")
        lines = [text for text in subject.message_texts() if "a" in text]
        self.assertTrue(any("first line" in text for text in lines))
        self.assertTrue(any(r"bad \x1b[1m \x01 two" in text for text in lines), subject.story())
        subject.wait_idle()
        wait.wait_until(lambda: processes.descriptors(subject.pid).keys() == before.keys(),
                        "the pipe is closed")

    def test_a_flood_of_it_is_bounded_and_holds_up_nobody(self):
        script = pathlib.Path("/tmp/home/flood.sh")
        script.write_text("exec yes 'the same line over and over' >&2\n")
        subject = self.started(USHERD, defaults() + service(
            server="/bin/sh", server_args=script, stderr="log") + service("b", port=4001))
        with client.connect(4000):
            flooding = wait.wait_until(lambda: subject.handlers(), "the handler")
            for _ in range(20):
                self.assertEqual(client.exchange(4001).data, b"hello\n")
            for pid in flooding:  # those of the other service may be ending
                os.kill(pid, signal.SIGKILL)
        subject.wait_for_record("EXIT: a signal=9")
        self.assertLess(subject.message_file.stat().st_size, 1_000_000)


class PassFds(IntegrationCase):
    def see(self, value):
        """(descriptor -> what it is open on, environment, pid) of a handler."""
        script = pathlib.Path("/tmp/home/fds.sh")
        # In subshells, so that the shell's own descriptors stay as they are. It answers on 3 where
        # there is one.
        script.write_text("(ls -l /proc/$$/fd > /tmp/work/fds)\n"
                          "(tr '\\0' '\\n' < /proc/$$/environ > /tmp/work/environment)\n"
                          "if [ -e /proc/$$/fd/3 ]; then echo $$ >&3; else echo $$; fi\n")
        self.started(USHERD, defaults() + service(server="/bin/sh", server_args=script,
                                                  pass_fds=value))
        pid = client.exchange(4000).data.decode().strip()
        opened = dict(re.findall(r" (\d+) -> (.*)", (WORK / "fds").read_text()))
        opened = {int(number): target for number, target in opened.items()
                  if "fds.sh" not in target}
        environment = dict(line.split("=", 1) for line in
                           (WORK / "environment").read_text().splitlines())
        return opened, environment, pid

    def kinds(self, opened):
        return {number: target.split(":")[0] for number, target in opened.items()}

    def test_inetd_is_0_1_2(self):
        opened, environment, _ = self.see("inetd")
        self.assertEqual(self.kinds(opened), {0: "socket", 1: "socket", 2: "socket"})
        self.assertNotIn("LISTEN_FDS", environment)

    def test_systemd_is_3_with_its_variables(self):
        opened, environment, pid = self.see("systemd")
        self.assertEqual(self.kinds(opened), {0: "/dev/null", 1: "/dev/null", 2: "/dev/null",
                                              3: "socket"})
        self.assertEqual((environment["LISTEN_FDS"], environment["LISTEN_PID"]), ("1", pid))

    def test_both_is_both(self):
        opened, environment, pid = self.see("both")
        self.assertEqual(self.kinds(opened), {number: "socket" for number in range(4)})
        self.assertEqual(len(set(opened.values())), 1)
        self.assertEqual((environment["LISTEN_FDS"], environment["LISTEN_PID"]), ("1", pid))

    def test_a_waiting_server_gets_the_listening_socket_as_3(self):
        script = pathlib.Path("/tmp/home/listener.py")
        script.write_text("import os, socket\n"
                          "assert os.environ['LISTEN_PID'] == str(os.getpid())\n"
                          "l = socket.socket(fileno=3)\nc, _ = l.accept()\nc.sendall(b'served')\n")
        self.started(USHERD, defaults() + service(
            wait="yes", server="/usr/bin/python3", server_args=f"-I -S {script}",
            pass_fds="systemd"))
        self.assertEqual(client.exchange(4000).data, b"served")
        self.assertEqual(client.exchange(4000).data, b"served")
