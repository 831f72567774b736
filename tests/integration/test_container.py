# SPDX-License-Identifier: BSD-2-Clause
#
# Surroundings that are not a whole machine: process 1 of a container, an ordinary user, sockets
# and notifications of a supervisor, few descriptors, no processes left.

import os
import pathlib
import resource
import select
import signal
import socket
import subprocess
import sys

import harness  # noqa: F401  (enters the sandbox)
from harness import client, probe
from harness.case import USHERD, XINETD, IntegrationCase, not_wrapped, on, processes, wait
from harness.config import another_time, defaults, internal, service

BOB = {"user": "bob", "group": "bob", "extra_groups": []}


class ProcessOne(IntegrationCase):
    def start_as_one(self, text, *options):
        subject = self.daemon(USHERD, text)
        subject.start(*options, prefix=["unshare", "--pid", "--mount", "--fork", "--kill-child",
                                        "--mount-proc"])
        (subject.pid,) = processes.children(subject.process.pid)
        return subject

    def test_it_serves_and_reaps_orphans(self):
        script = pathlib.Path("/tmp/home/orphan.sh")
        script.write_text("(sh -c 'sleep 0.1; exit 3' >/dev/null 2>&1 </dev/null &)\n"
                          "echo orphaned\n")
        subject = self.start_as_one(defaults() + service(server="/bin/sh", server_args=script))
        self.assertEqual(subject.messages()[-1].pid, 1)
        for _ in range(5):
            self.assertEqual(client.exchange(4000).data, b"orphaned\n")
        subject.wait_for_record("EXIT: a status=0", 5)
        wait.wait_until(lambda: not processes.children(subject.pid), "orphans are reaped")

    def test_term_ends_it_in_order(self):
        subject = self.start_as_one(defaults() + service())
        self.assertEqual(subject.stop(signal.SIGTERM), 0)
        self.assertIn("Exiting...", subject.message_texts("WARNING"))

    def test_term_with_on_stop_end_ends_handlers_first(self):
        subject = self.start_as_one(defaults() + service(server="/bin/cat", server_args=None),
                                    "--on-stop", "end")
        with client.connect(4000) as held:
            held.sendall(b"x")
            client.read_some(held, 1)
            self.assertEqual(subject.stop(signal.SIGTERM), 0)
            self.assertEqual(client.read_all(held).ending, "eof")
        self.assertEqual(len(subject.wait_for_record("EXIT: a signal=15")), 1)


class OrdinaryUser(IntegrationCase):
    def start_as_bob(self, text, *options, ready=True):
        subject = self.daemon(USHERD, text)
        subject.directory.chmod(0o777)
        return subject.start(*options, ready=ready, **BOB)

    def test_services_of_the_user_are_served(self):
        probe.install(self)
        self.start_as_bob(defaults() + service(user="bob", server=probe.PATH, server_args=None)
                          + internal("echo", port=4001))
        seen = probe.parse(client.exchange(4000).data)
        self.assertEqual(seen.ids[0], (4005,) * 3)
        self.assertEqual(client.exchange(4001, b"x").data, b"x")

    def test_what_needs_more_is_out_of_service_with_a_reason(self):
        text = defaults() + service("root", user="root", port=4001) + service(
            "alice", user="alice", port=4002) + service("low", user="bob", port=80)
        subject = self.start_as_bob(text + service("fine", user="bob"))
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertEqual({port for _, _, port in processes.listening()}, {4000})
        errors = subject.message_texts("ERROR")
        for name in ("root", "alice", "low"):
            self.assertTrue(any(name in line for line in errors), f"{name}\n{subject.story()}")
        self.assertTrue(any("bind failed (Permission denied (errno = 13)). service = low" in line
                            for line in errors), subject.story())

    def test_port_offset_makes_well_known_ports_usable(self):
        self.start_as_bob(defaults() + internal("daytime", port=13), "--port-offset", "10000")
        self.assertIn(b"UTC", client.exchange(10013, half_close=False).data)


class Supervisor(IntegrationCase):
    ENTER = ("import os, sys\n"
             "count = int(sys.argv[1])\n"
             "numbers = [os.dup2(int(n), 100 + i) for i, n in enumerate(sys.argv[2:2 + count])]\n"
             "[os.dup2(n, 3 + i) for i, n in enumerate(numbers)]\n"
             "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count))\n"
             "os.execv(sys.argv[2 + count], sys.argv[2 + count:])\n")

    def setUp(self):
        super().setUp()
        self.require(USHERD)

    def start_with(self, sockets, text):
        numbers = [str(passed.fileno()) for passed in sockets]
        subject = self.daemon(USHERD, text)
        subject.start(prefix=[sys.executable, "-I", "-S", "-c", self.ENTER, str(len(numbers)),
                              *numbers], pass_fds=[passed.fileno() for passed in sockets])
        return subject

    def bound(self, kind, address):
        made = socket.socket(socket.AF_UNIX if isinstance(address, str) else
                             client.family_of(address[0]), kind)
        self.addCleanup(made.close)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        if kind == socket.SOCK_STREAM:
            made.listen()
        return made

    def test_a_passed_socket_is_used_for_the_service_with_its_address(self):
        probe.install(self)
        passed = self.bound(socket.SOCK_STREAM, ("127.0.0.1", 4000))
        with client.connect(4000) as early:
            subject = self.start_with([passed], defaults() + service(
                bind="127.0.0.1", server=probe.PATH, server_args=None)
                + service("b", port=4001))
            seen = probe.parse(client.read_all(early).data)
        self.assertNotIn("LISTEN_FDS", seen.variables)
        self.assertEqual(sorted(seen.descriptors), [0, 1, 2])
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        inode = str(os.fstat(passed.fileno()).st_ino)
        self.assertIn(f"socket:[{inode}]", processes.descriptors(subject.pid).values())
        self.assertIn("Started working: 2 available services", subject.message_texts())

    def test_datagram_and_unix_sockets_are_taken_too(self):
        passed = [self.bound(socket.SOCK_DGRAM, ("127.0.0.1", 4000)),
                  self.bound(socket.SOCK_STREAM, "/tmp/work/s")]
        self.start_with(passed, defaults() + internal("echo", "dgram", listen="127.0.0.1:4000")
                        + service(port=None, listen="unix:/tmp/work/s"))
        for made in passed:
            made.close()
        self.assertEqual(client.ask(4000, b"x"), b"x")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("/tmp/work/s")
            self.assertEqual(client.read_all(connection).data, b"hello\n")

    def test_a_passed_socket_that_nobody_wants_is_reported(self):
        passed = self.bound(socket.SOCK_STREAM, ("127.0.0.1", 4009))
        subject = self.start_with([passed], defaults() + service())
        self.assertTrue(any("4009" in text for text in subject.message_texts()), subject.story())
        self.assertEqual(client.exchange(4000).data, b"hello\n")

    def test_systemd_is_told_what_goes_on(self):
        path = "/tmp/work/notify"
        manager = self.bound(socket.SOCK_DGRAM, path)
        manager.setblocking(False)
        told = []

        def heard(part):
            def hear():
                while select.select([manager], [], [], 0)[0]:
                    told.extend(manager.recv(4096).decode().splitlines())
                return any(line.startswith(part) for line in told)
            wait.wait_until(hear, lambda: f"{part} in {told}")
        subject = self.daemon(USHERD, defaults() + service())
        # A tenth of a second: it must come without being asked for.
        subject.start(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"})
        for part in ("READY=1", "STATUS=", "WATCHDOG=1"):
            heard(part)
        told.clear()
        subject.reload()
        for part in ("RELOADING=1", "MONOTONIC_USEC=", "READY=1"):
            heard(part)
        subject.stop()
        heard("STOPPING=1")


class Exhaustion(IntegrationCase):
    @on(USHERD)
    @not_wrapped("each child there takes two descriptors")
    def test_out_of_descriptors_it_waits_says_so_once_and_recovers(self, kind):
        subject = self.daemon(kind, defaults(log_on_success="") + internal("echo", port=4000,
                                                                           cps="0 0"))
        subject.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48)))
        crowd = [client.connect(4000) for _ in range(80)]
        for connection in crowd:
            self.addCleanup(connection.close)
            connection.sendall(b"x")
        self.assertEqual(client.read_some(crowd[0], 1), b"x")
        subject.wait_for_message("Too many open files")
        for connection in crowd[:40]:
            connection.close()
        for connection in crowd[40:]:
            self.assertEqual(client.read_some(connection, 1), b"x", "who waited is served")
            connection.close()
        complaints = [text for text in subject.message_texts() if "Too many open files" in text]
        self.assertLessEqual(len(complaints), 3, complaints)
        subject.wait_idle()
        self.assertEqual(client.exchange(4000, b"y").data, b"y")

    @on(USHERD)
    @not_wrapped("each child there takes two descriptors")
    def test_handlers_start_while_descriptors_are_short(self, kind):
        subject = self.daemon(kind, defaults() + service(cps="0 0"))
        subject.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
        waiting = [client.connect(4000) for _ in range(100)]
        self.assertEqual([client.read_all(connection).data for connection in waiting],
                         [b"hello\n"] * 100)
        for connection in waiting:
            connection.close()
        subject.wait_idle()

    def limited(self, kind, **attributes):
        """A daemon of an ordinary user that may make no further process."""
        subject = self.daemon(kind, defaults() + service(user="bob", **attributes))
        subject.directory.chmod(0o777)
        subject.start(**BOB)
        self.allow_processes(subject, 1)
        return subject

    def allow_processes(self, subject, count):
        """As its own user: root may lack the right to."""
        subprocess.run(["prlimit", "--pid", str(subject.pid), f"--nproc={count}:4096"],
                       check=True, **BOB)

    @on(XINETD, USHERD)
    def test_without_processes_noretry_gives_up_at_once(self, kind):
        subject = self.limited(kind, flags="NORETRY")
        self.assertEqual(client.exchange(4000), client.Reply(b"", "eof"))
        self.assertEqual(subject.wait_for_record("FAIL"),
                         ["FAIL: a fork from=::ffff:127.0.0.1"])
        subject.wait_for_message("fork failed: Resource temporarily unavailable (errno = 11)")
        self.allow_processes(subject, 4096)
        self.assertEqual(client.exchange(4000).data, b"hello\n")

    @on(XINETD, USHERD)
    def test_without_processes_the_start_is_tried_again(self, kind):
        subject = self.limited(kind)
        with client.connect(4000) as waiting:
            subject.wait_for_message("fork failed")
            self.allow_processes(subject, 4096)
            self.assertEqual(client.read_all(waiting).data, b"hello\n")
        subject.wait_for_record("EXIT: a")
        self.assertEqual([line for line in subject.records() if line.startswith("FAIL")], [])

    @on(XINETD, USHERD)
    def test_who_is_tried_again_is_judged_again(self, kind):
        subject = self.limited(kind)
        with client.connect(4000) as waiting:
            subject.wait_for_message("fork failed")
            subject.configure(defaults() + service(user="bob", access_times=another_time()))
            subject.reload()
            self.allow_processes(subject, 4096)
            self.assertEqual(client.read_all(waiting).data, b"")
        self.assertEqual(subject.wait_for_record("FAIL"), ["FAIL: a time from=::ffff:127.0.0.1"])
