# SPDX-License-Identifier: BSD-2-Clause
#
# RPC services with a real rpcbind: what is registered, what is withdrawn, and what happens without
# it. The ports are the kernel's choice and differ.

import os
import pathlib
import re
import signal
import socket
import struct
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import LINKED, USHERD, XINETD, IntegrationCase, on, processes, wait
from harness.config import defaults, service

PROGRAM = 200300
SOCKET = pathlib.Path("/run/rpcbind.sock")
MAPPING = re.compile(r"^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\.(\d+)\.(\d+)\s", re.M)


def rpc(name="t", **attributes):
    basic = {"type": "RPC UNLISTED", "port": None, "rpc_version": "2-4", "rpc_number": PROGRAM}
    return service(name, **(basic | attributes))


def datagrams(name="t", **attributes):
    basic = {"id": f"{name}-udp", "socket_type": "dgram", "protocol": "udp", "wait": "yes",
             "server": "/bin/cat", "server_args": None}
    return rpc(name, **(basic | attributes))


class RpcCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.rpcbind = None

    def start_rpcbind(self):
        self.end_rpcbind()
        program = self.tool("rpcbind")
        os.makedirs("/run/rpcbind", exist_ok=True)
        SOCKET.unlink(missing_ok=True)
        self.rpcbind = subprocess.Popen([program, "-f"], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait.wait_until(lambda: SOCKET.exists() and self.reachable(), "rpcbind listens")

    def reachable(self):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(SOCKET))
            except ConnectionRefusedError:
                return False
        return True

    def end_rpcbind(self):
        if self.rpcbind:
            self.rpcbind.kill()
            self.rpcbind.wait()
            self.rpcbind = None

    def clean_up(self):
        self.end_rpcbind()
        super().clean_up()

    def compare(self, configuration, scenario, *, prepare=None, **more):
        """With a new rpcbind for each daemon: what is left of a run is ended, rpcbind too."""
        return super().compare(configuration, scenario, prepare=prepare or self.start_rpcbind,
                               **more)

    def registered(self):
        """(program, version, protocol, address, port) of all that rpcbind was told."""
        listed = subprocess.run([self.tool("rpcinfo")], capture_output=True, text=True, timeout=60)
        return sorted((int(match[1]), int(match[2]), match[3], match[4],
                       int(match[5]) * 256 + int(match[6]))
                      for match in MAPPING.finditer(listed.stdout) if int(match[1]) != 100000)

    def names(self):
        """As registered(), without the ports."""
        return [entry[:4] for entry in self.registered()]

    def register(self, program, version, port):
        """A program of somebody else."""
        arguments = b"".join(struct.pack("!I", len(text)) + text + b"\0" * (-len(text) % 4)
                             for text in (b"tcp", f"0.0.0.0.{port >> 8}.{port & 255}".encode(),
                                          b"superuser"))
        call = struct.pack("!10I", 1, 0, 2, 100000, 3, 1, 0, 0, 0, 0)
        call += struct.pack("!2I", program, version) + arguments
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(SOCKET))
            connection.sendall(struct.pack("!I", 0x80000000 | len(call)) + call)
            self.assertEqual(connection.recv(100)[-1], 1)


class Registration(RpcCase):
    def test_versions_are_registered_as_by_xinetd_and_withdrawn_at_the_end(self):
        """Conformance vector 70."""
        text = (defaults() + rpc() + datagrams()
                + rpc("bound", rpc_number=PROGRAM + 1, rpc_version=1, bind="127.0.0.1")
                + rpc("six", rpc_number=PROGRAM + 2, rpc_version=1, flags="IPv6")
                + rpc("rstatd", type="RPC", rpc_number=None, rpc_version="2"))

        def scenario(subject):
            names = self.names()
            ports = {entry[4] for entry in self.registered() if entry[2] == "tcp"}
            self.assertLessEqual(ports, {port for _, _, port in processes.listening()})
            subject.stop()
            return names, self.registered()
        names, left = self.compare(text, scenario)
        self.assertEqual(left, [])
        self.assertEqual([entry for entry in names if entry[0] == PROGRAM],
                         [(PROGRAM, version, protocol, "0.0.0.0")
                          for version in (2, 3, 4) for protocol in ("tcp", "udp")])
        self.assertIn((100001, 2, "tcp", "0.0.0.0"), names)

    @on(XINETD, USHERD)
    def test_quitting_withdraws_too(self, kind):
        self.start_rpcbind()
        subject = self.started(kind, defaults() + rpc(rpc_version=1))
        self.assertEqual(len(self.registered()), 1)
        subject.stop(signal.SIGQUIT)
        self.assertEqual(self.registered(), [])

    @on(XINETD, USHERD)
    def test_servers_are_started_behind_the_registered_port(self, kind):
        self.start_rpcbind()
        text = defaults() + rpc(rpc_version=1) + datagrams(rpc_number=PROGRAM + 1, rpc_version=1)
        subject = self.started(kind, text)
        ports = {entry[2]: entry[4] for entry in self.registered()}
        self.assertEqual(client.exchange(ports["tcp"]).data, b"hello\n")
        with client.datagram_socket() as sender:
            sender.sendto(b"x", ("127.0.0.1", ports["udp"]))
            subject.wait_for_record("START: t-udp")
        for pid in subject.handlers():
            os.kill(pid, signal.SIGKILL)
        subject.wait_for_record("EXIT: t-udp")

    def test_ending_takes_running_servers_along(self):
        """As xinetd: nobody would find them any more."""
        def scenario(subject):
            port = self.registered()[0][4]
            with client.connect(port) as held:
                held.sendall(b"x")
                client.read_some(held, 1)
                subject.wait_for_record("START: t")
                self.assertEqual(subject.stop(), 0)
                held.settimeout(20)
                return client.read_all(held).data, self.registered()
        text = defaults() + rpc(rpc_version=1, server="/bin/cat", server_args=None)
        self.assertEqual(self.compare(text, scenario), (b"", []))

    def test_registering_takes_no_time(self):
        """Row D28: xinetd sleeps for a second after each version."""
        self.start_rpcbind()
        subject = self.daemon(USHERD, defaults() + rpc(rpc_version="1-40"))
        subject.start()
        self.assertEqual(len(self.registered()), 40)


class Dump(RpcCase):
    def test_the_dump_shows_them_as_xinetd_does(self):
        dump = pathlib.Path("/var/run/xinetd.dump")

        def scenario(subject):
            dump.unlink(missing_ok=True)
            subject.send(signal.SIGUSR1)
            text = wait.wait_until(lambda: dump.exists() and "END OF DUMP" in dump.read_text()
                                   and dump.read_text(), "a state dump")
            services = text[text.index("Service = "):text.index("Server table dump")]
            return re.sub(r"service fd = \d+", "service fd = N", services)
        text = defaults() + rpc() + datagrams(rpc_version=7)
        shown = self.compare(text, scenario, against=LINKED)
        self.assertIn("RPC data\n\t\t\tprogram number = 200300\n\t\t\trpc_version = 2-4\n", shown)


class Reload(RpcCase):
    def test_a_changed_range_keeps_the_port(self):
        def scenario(subject):
            (port,) = {entry[4] for entry in self.registered()}
            subject.configure(defaults() + rpc(rpc_version="3-5"))
            subject.reload()
            return [(version, after == port)
                    for _, version, _, _, after in self.registered()]
        self.assertEqual(self.compare(defaults() + rpc(), scenario),
                         [(3, True), (4, True), (5, True)])

    def test_one_transport_goes_and_the_other_stays(self):
        """Row D29: xinetd withdraws both."""
        self.start_rpcbind()
        subject = self.started(USHERD, defaults() + rpc() + datagrams())
        subject.configure(defaults() + rpc())
        subject.reload()
        self.assertEqual([entry[1:3] for entry in self.registered()],
                         [(2, "tcp"), (3, "tcp"), (4, "tcp")])

    def test_a_service_that_pauses_is_withdrawn_and_comes_back(self):
        self.start_rpcbind()
        subject = self.started(USHERD, defaults() + rpc(rpc_version=1, cps="1 1"))

        def ask():
            for entry in self.registered():
                client.exchange(entry[4])
        subject.trip(ask)
        subject.wait_for_message("Activating service")
        wait.wait_until(self.registered, "it is registered again")
        self.assertEqual(client.exchange(self.registered()[0][4]).data, b"hello\n")

    def test_an_rpcbind_that_was_restarted_is_told_again(self):
        self.start_rpcbind()
        subject = self.started(USHERD, defaults() + rpc())
        self.end_rpcbind()
        self.start_rpcbind()
        self.assertEqual(self.registered(), [])
        subject.reload()
        wait.wait_until(lambda: len(self.registered()) == 3, "it is registered again")


class Refused(RpcCase):
    def test_without_rpcbind_an_rpc_service_does_not_start(self):
        def scenario(subject):
            subject.wait_for_message("Started working: 1 available service")
            return ([text.split(":")[0] for text in subject.message_texts()
                     if "pmap_set" in text],
                    subject.wait_for_message("Service t failed to start and is deactivated."),
                    client.exchange(4000).data)
        self.compare(defaults() + rpc() + service(), scenario, prepare=self.end_rpcbind)

    def test_it_starts_when_rpcbind_comes(self):
        subject = self.started(USHERD, defaults() + rpc() + service("a", port=4000))
        subject.wait_for_message("Service t failed to start")
        self.start_rpcbind()
        subject.wait_for_message("service t is registered with rpcbind")
        self.assertEqual(len(self.registered()), 3)
        self.assertEqual(client.exchange(self.registered()[0][4]).data, b"hello\n")
        self.assertEqual(len(subject.message_texts("ERROR")), 4, "each failure is told once")

    def test_a_version_of_somebody_else_is_said_and_left_alone(self):
        def scenario(subject):
            said = [text.split(":")[0] for text in subject.message_texts() if "pmap_set" in text]
            names = self.names()
            subject.stop()
            return said, names, self.registered()
        stranger = (PROGRAM, 3, "tcp", "0.0.0.0", 9)
        # xinetd withdraws whatever has its number (D29).
        said, names, left = self.compare(defaults() + rpc(), scenario, prepare=self.with_stranger,
                                         translate=lambda seen: (*seen[:2], [stranger]))
        self.assertEqual(said, [f"pmap_set failed. service=t program={PROGRAM} version=3"])
        self.assertEqual([entry[1] for entry in names], [2, 3, 4])
        self.assertEqual(left, [stranger])

    def with_stranger(self):
        self.start_rpcbind()
        self.register(PROGRAM, 3, 9)

    def test_an_rpcbind_that_hangs_holds_up_neither_start_nor_clients_nor_end(self):
        self.start_rpcbind()
        self.rpcbind.send_signal(signal.SIGSTOP)
        subject = self.daemon(USHERD, defaults() + rpc() + service())
        subject.start(ready=False)
        wait.wait_until(lambda: 4000 in {port for _, _, port in processes.listening()},
                        "the other service listens")
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        subject.wait_for_message("Started working")
        subject.wait_for_message("Service t failed to start")
        self.assertEqual(subject.stop(), 0)
