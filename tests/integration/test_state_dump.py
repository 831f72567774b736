# SPDX-License-Identifier: BSD-2-Clause
#
# SIGUSR1: the dump of the daemon's state, in xinetd's words, appended to a file.

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import stat

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import LINKED, USHERD, WORK, XINETD, IntegrationCase, on, wait
from harness.config import defaults, internal, service

FILES = {XINETD: pathlib.Path("/run/xinetd.dump"), LINKED: pathlib.Path("/run/xinetd.dump"),
         USHERD: pathlib.Path("/run/usherd/usherd.dump")}
CAT = {"server": "/bin/cat", "server_args": "-u"}


class StateDump(IntegrationCase):
    def setUp(self):
        super().setUp()
        for path in FILES.values():
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)

    def dump(self, subject, count=1):
        """The text of the latest dump."""
        path = FILES[subject.kind]
        subject.send(signal.SIGUSR1)
        subject.wait_for_message("generated state dump in file", count)
        wait.wait_until(lambda: path.read_text().count("END OF DUMP") == count, "a whole dump")
        return path.read_text().split("INTERNAL STATE DUMP")[-1]

    def services(self, subject):
        """The part about services, without what differs from run to run."""
        text = self.dump(subject).split("Services + defaults:\n")[1].split("Server table dump:")[0]
        FILES[subject.kind].unlink()
        return re.sub(r"service fd = \d+", "service fd = N", text)

    def test_services_are_described_as_xinetd_does(self):
        text = defaults(instances=25, cps="25 30", per_source=10, passenv="PATH",
                        only_from="127.0.0.0/8 ::1 10.1.{2,3} .example.test")
        text += service("shellish", **CAT, bind="127.0.0.1", flags="NODELAY KEEPALIVE",
                        user="nobody", group="daemon", groups="yes", umask="027", nice=5,
                        instances="UNLIMITED", no_access="127.0.0.66",
                        env="MODE=test LEVEL=2", log_type="SYSLOG local4 notice")
        text += internal("daytime", "dgram", port=4001, bind="127.0.0.1")
        text += service("plain", port=4002, access_times="1:00-2:00 3:00-23:59",
                        log_type="FILE @DIR@/own 1000")
        text += service("waits", port=4003, wait="yes", socket_type="dgram", protocol="udp",
                        log_on_success="")
        self.compare(text, self.services, against=LINKED)

    @on(XINETD, LINKED, USHERD)
    def test_dumps_are_appended_and_count_running_servers(self, kind):
        subject = self.started(kind, defaults() + service("a", **CAT))
        first = self.dump(subject)
        self.assertIn("\trunning servers = 0\n", first)
        with client.connect(4000) as held:
            held.sendall(b"x")
            client.read_some(held, 1)
            subject.wait_for_record("START: a")
            (pid,) = subject.handlers()
            second = self.dump(subject, 2)
        self.assertIn("\trunning servers = 1\n", second)
        self.assertIn(f"pid = {pid}\n", second)
        self.assertIn("a server\n", second)

    def tables(self, text):
        """What comes after the services, without what differs by nature."""
        text = text.split("Server table dump:\n")[1]
        text = re.sub(r"(?m)^(pid = ).*|^(start_time = ).*|(127\.0\.0\.1),\d+|"
                      r"^(\tdescriptor = )\d+", r"\1\2\3\4", text)
        text = re.sub(r"(?m)^(Socket mask|Open descriptors[^:]*):.*", r"\1:", text)
        return re.sub(r"(?m)^(descriptors_free|max_descriptors|pfds_last|config_file) = .*", r"\1",
                      text)

    def test_handlers_and_relays_are_in_the_server_table(self):
        text = defaults() + service("far", **CAT, port=4001)
        text += service("near", port=4002, server=None, server_args=None,
                        redirect="127.0.0.1 4001", bind="127.0.0.1")

        def scenario(subject):
            with client.connect(4002) as held:
                held.sendall(b"x")
                client.read_some(held, 1)
                subject.wait_for_record("START: near")
                subject.wait_for_record("START: far")
                text = self.dump(subject)
                FILES[subject.kind].unlink()
                return self.tables(text)
        seen = self.compare(text, scenario, against=LINKED)
        self.assertIn("near server\n", seen)
        self.assertIn("far server\n", seen)

    def test_a_service_that_pauses_is_not_available(self):
        text = defaults() + service("a", cps="1 600") + service("b", port=4001)

        def scenario(subject):
            subject.trip(lambda: client.exchange(4000))
            subject.wait_idle()
            text = self.dump(subject)
            FILES[subject.kind].unlink()
            return (re.findall(r"State = (\w+)", text),
                    re.findall(r"(\w+_services = \d+)", text))
        self.compare(text, scenario, against=LINKED)

    def test_a_waiting_service_with_a_server_is_suspended_and_available(self):
        text = defaults() + service("a", socket_type="dgram", wait="yes", server="/bin/sleep",
                                    server_args="600", protocol="udp")

        def scenario(subject):
            with client.datagram_socket() as sender:
                sender.sendto(b"x", ("127.0.0.1", 4000))
                subject.wait_for_record("START: a")
                text = self.dump(subject)
                FILES[subject.kind].unlink()
                return re.findall(r"State = (\w+)", text), self.tables(text)
        self.compare(text, scenario, against=LINKED)

    @on(LINKED, USHERD)
    def test_a_term_right_after_does_not_cost_the_dump(self, kind):
        subject = self.started(kind, defaults() + service("a", **CAT))
        subject.send(signal.SIGUSR1)
        subject.send(signal.SIGTERM)
        self.assertEqual(subject.wait_exit(), 0)
        self.assertEqual(FILES[kind].read_text().count("END OF DUMP"), 1)

    @on(USHERD)
    def test_the_directory_of_the_dump_is_made(self, kind):
        shutil.rmtree("/run/usherd", ignore_errors=True)
        subject = self.started(kind, defaults() + service("a", **CAT), prefix=("sh", "-c",
                               'umask 077; exec "$@"', "sh"))
        self.dump(subject)
        self.assertEqual(stat.S_IMODE(os.stat("/run/usherd").st_mode), 0o755)

    def test_debugging_prints_the_configuration_as_xinetd_does(self):
        text = defaults(instances=25) + service("a", foo=3) + internal("time", port=4001)
        seen = {}
        for kind in (XINETD, LINKED, USHERD):
            subject = self.daemon(kind, text, WORK / "same")
            printed = on_terminal(subject.command("-d", filelog=False)).replace("\r", "")
            before, _, configuration = printed.partition("Service defaults\n")
            self.assertIn("foo", before)
            seen[kind] = re.split(r"(?m)^\d\d/", configuration)[0]
        self.assertIn("\tport = 4001\n", seen[XINETD])
        self.assertEqual(seen[XINETD], seen[LINKED])
        self.assertEqual(seen[XINETD], seen[USHERD])


def on_terminal(command):
    """What a program prints on a terminal of its own until it has started working."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    with os.fdopen(terminal, "rb", buffering=0) as reader:
        printed = b""

        def started():
            nonlocal printed
            if select.select([reader], [], [], 0)[0]:
                printed += reader.read(65536)
            return b"Started working" in printed
        wait.wait_until(started, lambda: f"a start\n{printed.decode()}")
        os.kill(pid, signal.SIGINT)
        os.waitpid(pid, 0)
    return printed.decode()
