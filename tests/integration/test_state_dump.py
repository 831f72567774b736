# SPDX-License-Identifier: BSD-2-Clause
#
# SIGUSR1: the dump of the daemon's state, in xinetd's words, appended to a file.

import pathlib
import re
import signal

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import LINKED, USHERD, XINETD, IntegrationCase, on, wait
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
