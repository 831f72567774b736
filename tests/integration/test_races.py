# SPDX-License-Identifier: BSD-2-Clause
#
# Races by design: two things that happen at the same time, made to do so on purpose.

import collections
import json

import harness  # noqa: F401  (enters the sandbox)
from harness import client, status
from harness.case import USHERD, WORK, IntegrationCase, wait
from harness.config import defaults, service


class Departure(IntegrationCase):
    """A reload takes a service away while servers of it are being started. One worker starts them
    one after the other, so many still wait when the reload comes."""

    STARTS = 400

    def storm_and_reload(self, **attributes):
        text = defaults(cps="0 0", instances="UNLIMITED")
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
        verbs = collections.Counter(line.split()[0] for line in subject.records())
        self.assertEqual(verbs, {"START:": seen["started"], "EXIT:": seen["started"]})

    def test_so_has_every_server_whose_start_failed_and_the_log_says_why(self):
        script = WORK / "script"
        script.write_text("#!/nowhere/interpreter\n")
        script.chmod(0o755)
        subject = self.storm_and_reload(server=script, server_args=None)
        seen = self.kinds()
        self.assertEqual(seen["started"], seen["exited"], seen)
        verbs = collections.Counter(line.split()[0] for line in subject.records())
        self.assertEqual(verbs, {"START:": seen["started"], "EXIT:": seen["started"]})
        subject.wait_for_message(f"execv( {script} ) failed")
