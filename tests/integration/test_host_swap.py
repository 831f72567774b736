# SPDX-License-Identifier: BSD-2-Clause
#
# A host on which /usr/sbin/xinetd becomes a link to usherd: Debian's init script of the xinetd
# package, as it is, starts, asks, reloads, restarts and stops it, with ten services in /etc/xinetd.d.

import os
import pathlib
import shutil
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client, sandbox
from harness import daemon as daemons
from harness.case import LINKED, XINETD, IntegrationCase, not_wrapped, on, processes, wait
from harness.config import internal, service

ETC = pathlib.Path("/etc")
SCRIPT = ETC / "init.d/xinetd"
PID_FILE = pathlib.Path("/run/xinetd.pid")
DUMP = pathlib.Path("/run/xinetd.dump")
RECORDS = pathlib.Path("/var/log/servicelog")
BINARIES = pathlib.Path("/tmp/usr-sbin")
DATAGRAM = {"socket_type": "dgram", "protocol": "udp", "wait": "yes", "server": "/usr/bin/python3",
            "server_args": "-I -S /tmp/home/waiting_server.py serve 1"}
TEN = {
    "echo": internal("echo", port=7), "discard": internal("discard", port=9),
    "daytime": internal("daytime", port=13), "time": internal("time", port=37),
    "time-udp": internal("time", "dgram", port=37), "hello": service("hello", port=4000),
    "cat": service("cat", port=4001, server="/bin/cat", server_args=None, user="nobody"),
    "local": service("local", port=4002, only_from="127.0.0.0/8", bind="127.0.0.1"),
    "relay": service("relay", port=4003, server=None, server_args=None, redirect="127.0.0.1 7"),
    "waiting": service("waiting", port=4004, **DATAGRAM),
}


def cover_usr_sbin():
    """A /usr/sbin of links to what is there, in which another file can be put."""
    if BINARIES.exists():
        return
    original = pathlib.Path("/tmp/usr-sbin-original")
    for path in (BINARIES, original):
        path.mkdir()
    sandbox.mount("--bind", "/usr/sbin", str(original))
    for name in os.listdir(original):
        if name != "xinetd":
            (BINARIES / name).symlink_to(original / name)
    sandbox.mount("--bind", str(BINARIES), "/usr/sbin")


class HostSwap(IntegrationCase):
    def setUp(self):
        super().setUp()
        for tool in ("perl", "start-stop-daemon"):
            self.tool(tool)
        self.assertTrue(pathlib.Path("/lib/lsb/init-functions").exists())
        cover_usr_sbin()
        for name in ("init.d/xinetd", "default/xinetd", "xinetd.conf"):
            (ETC / name).parent.mkdir(exist_ok=True)
            shutil.copy(sandbox.ORACLE / "etc" / name, ETC / name)
        text = (ETC / "xinetd.conf").read_text()
        (ETC / "xinetd.conf").write_text(text.replace(
            "defaults\n{", f"defaults\n{{\n\tlog_type = FILE {RECORDS}\n"
            "\tlog_on_success = PID HOST EXIT\n\tlog_on_failure = HOST", 1))
        shutil.rmtree(ETC / "xinetd.d", ignore_errors=True)
        (ETC / "xinetd.d").mkdir()
        for name, entry in TEN.items():
            (ETC / "xinetd.d" / name).write_text(entry)
        shutil.copy(harness_file("handlers/waiting_server.py"), "/tmp/home/waiting_server.py")
        for path in (PID_FILE, DUMP, RECORDS):
            path.unlink(missing_ok=True)

    def install(self, kind):
        link = BINARIES / "xinetd"
        link.unlink(missing_ok=True)
        link.symlink_to(daemons.program(kind).resolve())

    def script(self, action):
        """The init script's exit status and what it prints."""
        done = subprocess.run([str(SCRIPT), action], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=wait.PATIENCE * 2, cwd="/",
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"})
        return done.returncode, done.stdout + done.stderr

    def pid(self, other_than=None):
        def number():
            try:
                found = int(PID_FILE.read_text())
            except (FileNotFoundError, ValueError):
                return None
            return found if found != other_than and processes.state(found) else None
        return wait.wait_until(number, "a pid file with a process")

    def wait_for_ports(self, count):
        wait.wait_until(lambda: len(processes.listening()) == count,
                        lambda: f"{count} sockets: {processes.listening()}")

    def serves_all(self):
        self.assertEqual(client.exchange(7, b"x").data, b"x")
        self.assertEqual(client.exchange(9, b"x").data, b"")
        self.assertIn(b":", client.exchange(13, half_close=False).data)
        self.assertEqual(len(client.exchange(37, half_close=False).data), 4)
        self.assertEqual(len(client.ask(37, b"")), 4)
        self.assertEqual(client.exchange(4000).data, b"hello\n")
        self.assertEqual(client.exchange(4001, b"y").data, b"y")
        self.assertEqual(client.exchange(4002, source="127.0.0.5").data, b"hello\n")
        with client.connect(4003) as relayed:
            relayed.sendall(b"z")
            self.assertEqual(client.read_some(relayed, 1), b"z")
        self.assertIn(b"w", client.ask(4004, b"w"))

    @on(XINETD, LINKED)
    @not_wrapped("start-stop-daemon looks for its program by /proc/PID/exe")
    def test_debians_init_script_works_unmodified(self, kind):
        self.install(kind)
        self.addCleanup(self.end_leftovers)
        self.assertEqual(self.script("status")[0], 3, "not running")
        self.assertEqual(self.script("start")[0], 0)
        first = self.pid()
        self.wait_for_ports(10)
        self.serves_all()
        self.shows_its_state()
        self.reloads(first)
        self.restarts(first)
        second = self.pid(other_than=first)
        self.wait_for_ports(11)
        self.serves_all()
        self.assertEqual(self.script("stop")[0], 0)
        wait.wait_until(lambda: processes.state(second) in (None, "Z"), "the end")
        self.assertFalse(PID_FILE.exists())
        # xinetd leaves its servers alone, and one of them has a socket.
        wait.wait_until(lambda: processes.listening() == set(), "nobody to listen")
        self.assertEqual(self.script("status")[0], 3, "stopped")
        self.assertEqual(self.script("stop")[0], 0, "stopping twice is no error")
        records = RECORDS.read_text()
        self.assertIn("START: hello pid=", records)
        self.assertIn("EXIT: cat status=0 pid=", records)

    def restarts(self, first):
        """The script does not wait between the stop and the start, which must find no daemon; a
        sanitizer's last look takes longer than there is."""
        if not sandbox.SANITIZED:
            self.assertEqual(self.script("restart")[0], 0)
            return
        self.assertEqual(self.script("stop")[0], 0)
        wait.wait_until(lambda: processes.state(first) in (None, "Z"), "the end")
        self.assertEqual(self.script("start")[0], 0)

    def shows_its_state(self):
        """status sends USR1 and prints the dump, which may not be there yet the first time."""
        def shown():
            status, text = self.script("status")
            self.assertEqual(status, 0, text)
            return text if "END OF DUMP" in text else None
        text = wait.wait_until(shown, "a state dump")
        for name in TEN:
            self.assertIn(f"Service = {name.removesuffix('-udp')}\n", text)

    def reloads(self, pid):
        """A drop-in more and one that changes, under a client that stays."""
        with client.connect(4001) as held:
            held.sendall(b"1")
            self.assertEqual(client.read_some(held, 1), b"1")
            (ETC / "xinetd.d/more").write_text(service("more", port=4005, server_args="more"))
            (ETC / "xinetd.d/hello").write_text(service("hello", port=4000, server_args="hi"))
            self.assertEqual(self.script("reload")[0], 0)
            self.wait_for_ports(11)
            wait.wait_until(lambda: client.exchange(4000).data == b"hi\n", "the new arguments")
            self.assertEqual(client.exchange(4005).data, b"more\n")
            held.sendall(b"2")
            self.assertEqual(client.read_some(held, 1), b"2")
        self.assertEqual(self.pid(), pid)
        (ETC / "xinetd.d/hello").write_text(TEN["hello"])
        self.assertEqual(self.script("reload")[0], 0)
        wait.wait_until(lambda: client.exchange(4000).data == b"hello\n", "the old arguments")


def harness_file(name):
    return pathlib.Path(__file__).parent / name
