# SPDX-License-Identifier: BSD-2-Clause
#
# Programs that read xinetd's log read usherd's: fail2ban's filter xinetd-fail and logwatch's secure
# script, from Debian's packages (unpacked, never installed), find the same in the log of the same
# events.

import os
import pathlib
import re
import subprocess

os.environ["USHERD_ITEST_PACKAGES"] = "fail2ban logwatch"
import harness  # noqa: E402,F401  (enters the sandbox)
from harness import client, logs, sandbox, wait  # noqa: E402
from harness.case import LINKED, WORK, IntegrationCase  # noqa: E402
from harness.config import block, internal, service  # noqa: E402
from harness.syslog import Syslog  # noqa: E402

CAT = {"server": "/bin/cat", "server_args": None, "flags": "IPv4"}
TEXT = block("defaults", {"log_type": "SYSLOG authpriv", "log_on_success": "PID HOST EXIT DURATION",
                          "log_on_failure": "HOST"})
TEXT += service(**CAT, no_access="127.0.0.8", cps="0 0") + service("dual", port=4001)
TEXT += service("full", **CAT, port=4002, instances=0) + service("busy", **CAT, port=4003,
                                                                  cps="3 30")
TEXT += service("wrapped", port=4004, flags="IPv4", libwrap="guarded")
TEXT += internal("time", port=4005, flags="IPv4") + service("late", port=4006, max_load="-1")
FAIL2BAN = sandbox.PACKAGES / "fail2ban"
LOGWATCH = sandbox.PACKAGES / "logwatch"


class LogConsumers(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.tool("perl")
        # The sandbox is entered with the first module of a process.
        self.assertTrue(FAIL2BAN.exists(), "this module must run in a process of its own")
        self.syslog = Syslog()
        self.addCleanup(self.syslog.close)
        rules = pathlib.Path("/etc/hosts.deny")
        rules.write_text("guarded: 127.0.0.9\n")
        self.addCleanup(rules.unlink)

    def lines(self, subject):
        """What syslog has after each kind of event, as the files of a syslog daemon have it."""
        self.syslog.lines.clear()
        for port, source, count in ((4000, "127.0.0.5", 2), (4000, "127.0.0.8", 3),
                                    (4001, "127.0.0.6", 1), (4002, "127.0.0.7", 2),
                                    (4004, "127.0.0.9", 1), (4004, "127.0.0.10", 1),
                                    (4005, "127.0.0.5", 1), (4006, "127.0.0.5", 1)):
            for _ in range(count):
                client.exchange(port, source=source, half_close=port == 4000)
                subject.wait_idle()
                self.syslog.collect()
        wait.wait_until(self.trip, "a rate that is passed")
        subject.wait_idle()
        subject.wait_asleep()
        # How many were served before the rate was passed is a matter of time.
        return [text for _, _, text in self.syslog.collect()
                if not re.match("(START|EXIT): busy", text)]

    def trip(self):
        crowd = []
        for _ in range(8):
            try:
                crowd.append(client.connect(4003, source="127.0.0.7"))
            except ConnectionError:
                break
        for connection in crowd:
            connection.close()
        return any("busy connections per second" in text for _, _, text in self.syslog.collect())

    def logs(self):
        """(lines of xinetd, lines of usherd) of the same events."""
        seen = []

        def scenario(subject):
            seen.append(self.lines(subject))
        self.compare_syslog(scenario)
        return seen

    def compare_syslog(self, scenario):
        for kind in ("xinetd", LINKED):
            subject = self.daemon(kind, TEXT)
            subject.start(ready=False, filelog=False)
            wait.wait_until(lambda: any("Started working" in text
                                        for _, _, text in self.syslog.collect()), "the start")
            scenario(subject)
            subject.stop()
            self.end_leftovers()

    def written(self, lines):
        path = WORK / "auth.log"
        path.write_text("".join(f"Nov 21 14:00:00 host xinetd[68]: {text}\n" for text in lines))
        return path

    def fail2ban(self, lines):
        """The lines that the filter takes for failures."""
        command = ["/usr/bin/python3", "-B", FAIL2BAN / "usr/bin/fail2ban-regex",
                   "-c", FAIL2BAN / "etc/fail2ban", "--print-all-matched", self.written(lines),
                   FAIL2BAN / "etc/fail2ban/filter.d/xinetd-fail.conf"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(FAIL2BAN / "usr/lib/python3/dist-packages")})
        self.assertIn("Matched line(s):", done.stdout, done.stderr)
        matched = done.stdout.split("Matched line(s):")[1].split("Missed line(s):")[0]
        return [line.split("]: ", 1)[1] for line in matched.splitlines() if "]: " in line]

    def logwatch(self, lines):
        """The report, whose order is that of a hash, as a sorted list."""
        text = "".join(f"xinetd[68]: {line}\n" for line in lines)
        done = subprocess.run(["perl", LOGWATCH / "usr/share/logwatch/scripts/services/secure"],
                              input=text, capture_output=True, text=True, check=True, env={
                                  "PATH": "/usr/bin:/bin", "LOGWATCH_DETAIL_LEVEL": "10",
                                  "PERL5LIB": str(LOGWATCH / "usr/share/logwatch/lib")})
        return sections(done.stdout)

    def test_fail2ban_and_logwatch_find_the_same(self):
        theirs, ours = self.logs()
        banned = self.fail2ban(ours)
        self.assertEqual(sorted(self.fail2ban(theirs)), sorted(banned))
        self.assertEqual(banned.count("FAIL: a address from=127.0.0.8"), 3, ours)
        self.assertEqual(banned.count("FAIL: wrapped libwrap from=127.0.0.9"), 1, ours)
        self.assertEqual(len(banned), 4)
        # A refused client has no START in usherd (row D10), so logwatch counts no connection.
        expected, report = self.logwatch(logs.decided_early(theirs)), self.logwatch(ours)
        self.assertEqual(expected, report)
        self.assertIn("127.0.0.8: 3 Time(s)", report["Refused Connections"])
        self.assertIn("127.0.0.5: 2 Time(s)", report["Connections"])


def sections(report):
    """{heading: sorted lines} of a report; the numbers of the daemon's own lines left out."""
    found, heading = {}, ""
    for line in report.splitlines():
        if line and not line.startswith(" "):
            heading = line.strip(":* ")
        elif line.strip():
            found.setdefault(heading, []).append(line.strip())
    return {heading: sorted(lines) for heading, lines in found.items()}
