# SPDX-License-Identifier: BSD-2-Clause
#
# Every reason for which a client is refused is one word: in the log, in events, in metrics and in
# explain. The reasons are those that the program knows; one without a case here fails the test.

import json
import pathlib
import re
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client, programs, status
from harness.case import USHERD, WORK, IntegrationCase, wait
from harness.config import another_time, defaults, service
from harness.daemon import ENVIRONMENT
from harness.sandbox import BINARIES

CAT = {"server": "/bin/cat", "server_args": None}
BOB = {"user": "bob", "group": "bob", "extra_groups": []}
DENY = pathlib.Path("/etc/hosts.deny")

# As xinetd writes them in the log, and only there.
LOGGED_AS = {"rate": "FAIL: a connections per second from=", "identity": "NOID: a "}


class Reasons(IntegrationCase):
    """A method `refuse_for_REASON` for each: it starts a daemon whose service `a` refuses a client
    from 127.0.0.1 for it, and is that client."""

    def setUp(self):
        super().setUp()
        self.require(USHERD)

    def serve(self, text, *options, **how):
        self.subject = self.daemon(USHERD, text)
        self.socket = self.subject.directory / "status" / "sock"
        self.subject.start("--status-socket", str(self.socket), *options, **how)

    def refused(self):
        self.assertEqual(client.exchange(4000).data, b"")

    def refuse_for_rate(self):
        self.serve(defaults() + service(cps="1 1000", cps_action="refuse"))
        for _ in range(3):
            client.exchange(4000)

    def refuse_for_load(self):
        self.serve(defaults() + service(max_load="-1"))
        self.refused()

    def refuse_for_time(self):
        self.serve(defaults() + service(access_times=another_time()))
        self.refused()

    def refuse_for_service_limit(self):
        self.serve(defaults() + service(instances=1, **CAT))
        self.held = self.hold()
        self.refused()

    def refuse_for_per_source_limit(self):
        self.serve(defaults() + service(per_source=1, **CAT))
        self.held = self.hold()
        self.refused()

    def refuse_for_process_limit(self):
        self.serve(defaults() + service(**CAT) + service("b", port=4001, **CAT), "-limit", "1")
        self.held = self.hold(4001)
        self.refused()

    def refuse_for_address(self):
        self.serve(defaults() + service(no_access="127.0.0.1"))
        self.refused()

    def refuse_for_libwrap(self):
        DENY.write_text("ALL: ALL\n")
        self.serve(defaults() + service())
        self.refused()

    def refuse_for_fork(self):
        """Root may make processes whatever the limit says."""
        directory = WORK / USHERD
        directory.mkdir(mode=0o755)
        place = directory / "status"
        place.mkdir(mode=0o755)
        subprocess.run(["chown", "bob:bob", str(directory), str(place)], check=True)
        self.serve(defaults() + service(user="bob", flags="NORETRY"), **BOB)
        self.allow_processes(1)
        self.refused()
        self.allow_processes(4096)

    def allow_processes(self, count):
        subprocess.run(["prlimit", "--pid", str(self.subject.pid), f"--nproc={count}:4096"],
                       check=True, **BOB)

    def refuse_for_ban(self):
        self.serve(defaults() + service())
        status.ask(self.socket, "/v1/bans", "POST", {"source": "127.0.0.1"})
        self.refused()

    def refuse_for_identity(self):
        """Nobody listens on port 113."""
        self.serve(defaults(log_on_success="PID HOST USERID")
                   + service(flags="IDONLY", bind="127.0.0.1"))
        self.refused()

    def known_reasons(self):
        """As usherctl offers them: the whole enum."""
        script = subprocess.run([BINARIES / "usherctl", "completions", "bash"], env=ENVIRONMENT,
                                capture_output=True, text=True, check=True).stdout
        [words] = re.findall(r"events:--reason\) _usherctl_words '([^']*)'", script)
        return words.split()

    def test_each_reason_has_a_case(self):
        cases = {name.removeprefix("refuse_for_") for name in dir(self)
                 if name.startswith("refuse_for_")}
        self.assertEqual(set(self.known_reasons()), cases)

    def test_a_reason_is_the_same_word_in_log_event_metric_and_explain(self):
        for reason in self.known_reasons():
            with self.subTest(reason):
                try:
                    getattr(self, f"refuse_for_{reason}")()
                    self.check(reason)
                finally:
                    self.end()

    def check(self, reason):
        event = wait.wait_until(self.refusal, f"an event for {reason}")
        self.assertEqual((event["service"], event["reason"]), ("a", reason))
        self.subject.wait_for_record(LOGGED_AS.get(reason, f"FAIL: a {reason} from="))
        self.assertIn(f'usherd_service_refused_total{{service="a",reason="{reason}"}}',
                      status.ask(self.socket, "/metrics").text)
        [told] = [one for one in status.get(self.socket, "/v1/services")["services"]
                  if one["id"] == "a"]
        self.assertIn(reason, told["refused_by"])
        [trace] = status.get(self.socket, "/v1/explain?service=a&from=127.0.0.1")["traces"]
        # What only a real client comes to cannot be said before.
        open_checks = {step["check"] for step in trace["steps"] if step["verdict"] == "unknown"}
        self.assertIn(reason, {trace["reason"]} | open_checks)

    def refusal(self):
        lines = status.ask(self.socket, "/v1/events").text.splitlines()
        return next((one for one in map(json.loads, lines) if one["kind"] == "refused"), None)

    def end(self):
        held = self.__dict__.pop("held", None)
        if held:
            held.close()
        DENY.unlink(missing_ok=True)
        self.subject.stop()
        self.end_leftovers()
        self.check_sanitizers()
        subprocess.run(["rm", "-rf", str(self.subject.directory)], check=True)

    def test_the_manual_has_each_reason(self):
        text = (programs.REPOSITORY / "man/usherd.log.5").read_text()
        listed = re.findall(r"^\.It Li (.+)$", text[text.index(".Ss Reasons"):], re.MULTILINE)
        for reason in self.known_reasons():
            self.assertIn("connections per second" if reason == "rate" else reason, listed)


if __name__ == "__main__":
    import unittest
    unittest.main()
