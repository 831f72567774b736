# SPDX-License-Identifier: BSD-2-Clause
#
# usherctl and the daemon together: that what it says is so, and that what it orders is done.

import json
import os
import signal
import subprocess
import sys

import harness  # noqa: F401  (enters the sandbox)
from harness import client, programs
from harness.case import USHERD, WORK, IntegrationCase, wait
from harness.config import defaults, internal, service
from harness.daemon import ENVIRONMENT
from harness.sandbox import BINARIES

NOBODY = 65534
CAT = {"server": "/bin/cat", "server_args": None}
DONE, NO, USAGE, NO_DAEMON, NOT_PERMITTED = range(5)


class UsherctlCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.program = BINARIES / "usherctl"
        if not self.program.exists():
            if programs.in_ci():
                self.fail("usherctl is not built; set USHERD_BIN_DIR")
            self.skipTest("usherctl is not built; set USHERD_BIN_DIR")

    def serve(self, text, *options):
        self.subject = self.daemon(USHERD, text)
        self.socket = self.subject.directory / "status" / "sock"
        return self.subject.start("--status-socket", str(self.socket), *options)

    def run_it(self, *words, **how):
        command = [str(self.program), "--socket", str(getattr(self, "socket", "/nonexistent")),
                   *words]
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=wait.PATIENCE, env=ENVIRONMENT, **how)

    def usherctl(self, *words, status=DONE, **how):
        """What it prints, having ended with `status`."""
        done = self.run_it(*words, **how)
        self.assertEqual(done.returncode, status, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, *words, status=DONE):
        return json.loads(self.usherctl("--json", *words, status=status))


class Answers(UsherctlCase):
    def test_every_answer_in_json_is_what_the_standard_library_reads(self):
        self.serve(defaults() + service(**CAT))
        self.hold()
        self.usherctl("ban", "192.0.2.9", "--for", "1h")
        for words in (["status"], ["services"], ["services", "a*"], ["show", "a"], ["connections"],
                      ["sources"], ["bans"], ["explain", "a", "127.0.0.1"], ["reload", "--dry-run"],
                      ["check", str(self.subject.configuration)], ["metrics"],
                      ["unban", "192.0.2.9"], ["disable", "a"], ["enable", "a"],
                      ["kill", "--service", "a"], ["drain", "a", "--timeout", "20s"], ["reload"]):
            with self.subTest(words):
                text = self.usherctl("--json", *words)
                read = subprocess.run([sys.executable, "-m", "json.tool"], input=text, text=True,
                                      capture_output=True, timeout=wait.PATIENCE)
                self.assertEqual(read.returncode, 0, f"{read.stderr}\n{text}")
        for line in self.usherctl("--json", "events").splitlines():
            json.loads(line)

    def test_tables_have_the_facts(self):
        subject = self.serve(defaults(instances=9) + service(**CAT) +
                             service("b", port=4001, no_access="127.0.0.1"))
        self.hold()
        client.exchange(4001)
        wait.wait_until(lambda: "started" in self.usherctl("events"), "a handler")
        self.assertIn(f"process {subject.pid}", self.usherctl("status"))
        rows = {line.split()[0]: line for line in self.usherctl("services").splitlines()}
        self.assertRegex(rows["a"], r"^a +active +\[::\]:4000 +1/9 +1 +0 +started")
        self.assertRegex(rows["b"], r"^b +active +\[::\]:4001 +0/9 +0 +1 +refused \(address\)")
        self.assertRegex(self.usherctl("show", "a"), r"service_limit +1 +9 +8\n")
        [handler] = subject.handlers()
        self.assertRegex(self.usherctl("connections", "a"), rf"\n *{handler}  a ")
        self.assertRegex(self.usherctl("sources"), r"127\.0\.0\.1 +2 +1 +1\n")

    def test_names_from_a_configuration_cannot_steer_the_terminal(self):
        self.serve(defaults() + service("\x1b[31m", **CAT))
        self.assertNotIn("\x1b", self.usherctl("services"))

    def test_metrics_are_clean_and_have_what_the_dashboard_asks_for(self):
        self.serve(defaults() + service(**CAT) +
                   service("r", port=4001, server=None, server_args=None,
                           redirect="127.0.0.1 4000") +
                   service("b", port=4002, no_access="127.0.0.1", instances=3))
        client.exchange(4000)
        client.exchange(4001)
        client.exchange(4002)
        wait.wait_until(lambda: "usherd_handler_exits_total{" in self.usherctl("metrics"),
                        "a handler that has ended")
        metrics = WORK / "metrics"
        metrics.write_text(self.usherctl("metrics"))
        checked = subprocess.run([str(programs.REPOSITORY / "scripts/check-monitoring.sh"),
                                  str(metrics)], capture_output=True, text=True,
                                 timeout=wait.PATIENCE)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        with open(metrics) as text:
            linted = subprocess.run([self.tool("promtool"), "check", "metrics"], stdin=text,
                                    capture_output=True, text=True, timeout=wait.PATIENCE)
        self.assertEqual((linted.returncode, linted.stdout + linted.stderr), (0, ""))


class Explain(UsherctlCase):
    TEXT = (defaults() +
            service("open", **CAT) +
            service("few", port=4001, only_from="127.0.0.2 127.0.0.4/31", **CAT) +
            service("most", port=4002, only_from="127.0.0.0/8", no_access="127.0.0.3", **CAT) +
            service("closest", port=4003, only_from="127.0.0.5", no_access="127.0.0.0/29",
                    access_match="closest", **CAT) +
            service("never", port=4004, instances=0, **CAT))
    PORTS = {"open": 4000, "few": 4001, "most": 4002, "closest": 4003, "never": 4004}

    def test_it_says_what_the_daemon_does_from_its_counts_and_from_files(self):
        self.serve(self.TEXT)
        for name, port in self.PORTS.items():
            for last in range(1, 8):
                source = f"127.0.0.{last}"
                with self.subTest(f"{name} {source}"):
                    done = self.run_it("--json", "explain", name, source)
                    [online] = json.loads(done.stdout)["traces"]
                    offline = self.run_it("--json", "explain", name, source, "--config",
                                          str(self.subject.configuration))
                    [offline_trace] = json.loads(offline.stdout)["traces"]
                    self.assertEqual(offline_trace["reason"], online["reason"])
                    self.assertEqual(offline.returncode, done.returncode)
                    admitted = client.exchange(port, b"x", source=source).data == b"x"
                    self.assertEqual(admitted, online["admitted"])
                    self.assertEqual(done.returncode, DONE if admitted else NO)

    def test_it_names_the_rule_and_its_place(self):
        self.serve(self.TEXT)
        text = self.usherctl("explain", "most", "127.0.0.3", status=NO)
        line = self.subject.configuration.read_text().splitlines().index(
            "    no_access = 127.0.0.3") + 1
        self.assertIn(f"no_access has 127.0.0.3  {self.subject.configuration}:{line}:17\n", text)
        self.assertTrue(text.endswith("\nrefused: address\n"), text)

    def test_the_margin_follows_what_runs(self):
        self.serve(defaults(instances=2) + service(**CAT))
        self.hold()
        self.assertIn("1 of 2, 1 left", self.usherctl("explain", "a", "127.0.0.1"))
        self.hold()
        self.assertIn("refused: service_limit",
                      self.usherctl("explain", "a", "127.0.0.1", status=NO))


class Orders(UsherctlCase):
    def test_reload_says_what_it_would_do_and_then_does_it(self):
        subject = self.serve(defaults() + service(**CAT) + service("old", port=4001, **CAT))
        subject.configure(defaults() + service(instances=3, **CAT) +
                          service("new", port=4002, **CAT))
        plan = self.usherctl("reload", "--dry-run")
        for expected in ("+ new: new, on [::]:4002", "~ a: its sockets stay open",
                         "instances: UNLIMITED -> 3", "- old: removed", "a dry run"):
            self.assertIn(expected, plan)
        self.assertEqual(client.exchange(4002).ending, "refused")
        self.assertIn("1 added, 1 changed, 1 removed, 0 stale", self.usherctl("reload"))
        self.assertEqual(client.exchange(4002, b"x").data, b"x")
        self.assertEqual(client.exchange(4001).ending, "refused")

    def test_reload_strict_changes_nothing_if_anything_is_wrong(self):
        subject = self.serve(defaults() + service(**CAT))
        subject.configure(defaults() + service(nice="soon", **CAT) +
                          service("new", port=4002, **CAT))
        text = self.usherctl("reload", "--strict", status=NO)
        self.assertIn("expected an integer, found 'soon'", text)
        self.assertEqual(client.exchange(4002).ending, "refused")
        self.assertIn("! a: runs on with its last good settings", self.usherctl("reload"))
        self.assertEqual(client.exchange(4002, b"x").data, b"x")
        self.assertEqual(client.exchange(4000, b"x").data, b"x")

    def test_a_disabled_service_is_closed_until_it_is_enabled(self):
        self.serve(defaults() + service(**CAT))
        self.assertIn("disabled", self.usherctl("disable", "a"))
        self.assertEqual(client.exchange(4000).ending, "refused")
        self.assertIn("active", self.usherctl("enable", "a"))
        self.assertEqual(client.exchange(4000, b"x").data, b"x")
        self.usherctl("disable", "nothing", status=NO)

    def drain(self, *words):
        """A usherctl drain that waits."""
        draining = subprocess.Popen(
            [str(self.program), "--socket", str(self.socket), "drain", *words, "a"],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.addCleanup(draining.stdout.close)
        return draining

    def state(self):
        return self.ask("show", "a")["services"][0]["state"]

    def test_drain_waits_for_the_last_handler_and_lets_nobody_in(self):
        subject = self.serve(defaults() + service(**CAT))
        held = self.hold()
        draining = self.drain()
        self.assertEqual(draining.stdout.readline(), "a: draining, 1 running\n")
        self.assertEqual(self.state(), "draining")
        self.assertEqual(client.exchange(4000).ending, "refused")
        held.sendall(b"y")
        self.assertEqual(client.read_some(held, 1), b"y")
        self.assertIsNone(draining.poll())
        held.close()
        self.assertEqual(draining.communicate(timeout=wait.PATIENCE)[0], "a: drained\n")
        self.assertEqual((draining.returncode, self.state()), (DONE, "disabled"))
        told = [json.loads(line) for line in self.usherctl("--json", "events").splitlines()]
        told = [(one["state"], one.get("reason")) for one in told if one["kind"] == "state"]
        self.assertEqual(told, [("draining", None), ("disabled", "drained")])
        subject.wait_for_message("service a is drained")
        self.usherctl("enable", "a")
        self.assertEqual(client.exchange(4000, b"x").data, b"x")

    def test_drain_says_at_the_time_out_what_is_left_and_may_end_it(self):
        self.serve(defaults() + service(**CAT) +
                   service("r", port=4001, server=None, server_args=None,
                           redirect="127.0.0.1 4002") +
                   internal("echo", port=4002, instances=5))
        held, relayed = self.hold(), self.hold(4001)
        text = self.usherctl("drain", "a", "--timeout", "1s", status=NO)
        self.assertRegex(text, r"\A.*\nPID +SERVICE.*\n *\d+ +a ")
        left = self.ask("drain", "a", "--timeout", "1s", status=NO)
        self.assertEqual((left["drained"], len(left["connections"])), (False, 1))
        self.usherctl("drain", "a", "--kill", status=USAGE)
        text = self.usherctl("drain", "a", "--timeout", "1s", "--kill")
        self.assertTrue(text.endswith("KILL follows after 5s\na: drained\n"), text)
        self.assertEqual(client.read_all(held).ending, "eof")
        self.assertEqual(self.ask("drain", "r", "--timeout", "1s", "--kill")["drained"], True)
        client.read_all(relayed)

    def test_a_service_that_is_opened_again_is_not_drained(self):
        subject = self.serve(defaults() + service(**CAT))
        held = self.hold()
        draining = self.drain()
        draining.stdout.readline()
        self.usherctl("reload")
        draining.communicate(timeout=wait.PATIENCE)
        self.assertEqual((draining.returncode, self.state()), (NO, "active"))
        self.assertEqual(self.usherctl("drain", "nothing", status=NO), "")
        held.close()
        subject.wait_idle()

    def test_kill_ends_a_service_for_one_client(self):
        subject = self.serve(defaults() + service(**CAT))
        held, other = self.hold(), self.hold(source="127.0.0.2")
        subject.wait_for_handlers(2)
        text = self.usherctl("kill", "--service", "a", "--from", "127.0.0.2/32")
        self.assertRegex(text, r"^\d+ of a: TERM is sent, KILL follows after 5 s\n$")
        self.assertEqual(client.read_all(other).ending, "eof")
        [left] = subject.wait_for_handlers(1)
        self.usherctl("kill", str(left))
        self.assertEqual(client.read_all(held).ending, "eof")

    def test_a_ban_refuses_until_it_is_lifted(self):
        self.serve(defaults() + service(**CAT))
        self.usherctl("ban", "127.0.0.2", "--reason", "noise")
        self.assertEqual(client.exchange(4000, b"x", source="127.0.0.2").data, b"")
        self.assertEqual(client.exchange(4000, b"x").data, b"x")
        self.assertRegex(self.usherctl("bans"), r"127\.0\.0\.2 .* for good +1  noise\n")
        self.assertIn("refused: ban", self.usherctl("explain", "a", "127.0.0.2", status=NO))
        self.usherctl("unban", "127.0.0.2")
        self.assertEqual(client.exchange(4000, b"x", source="127.0.0.2").data, b"x")
        self.usherctl("unban", "127.0.0.2", status=NO)

    def test_events_follow_what_happens(self):
        self.serve(defaults() + internal("echo", port=4000) + service("b", port=4001, **CAT))
        follower = subprocess.Popen(
            [str(self.program), "--socket", str(self.socket), "events", "--follow", "b"],
            stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.addCleanup(follower.stdout.close)
        client.exchange(4001, b"x")
        self.assertIn(" accepted b from=", follower.stdout.readline())
        self.assertIn(" started  b ", follower.stdout.readline())
        self.assertRegex(follower.stdout.readline(), r" exited   b .* status=0 duration=\d+")
        client.exchange(4000, b"x")
        client.exchange(4001, b"x")
        self.assertIn(" accepted b from=", follower.stdout.readline())
        follower.send_signal(signal.SIGTERM)
        follower.wait(wait.PATIENCE)


class Ends(UsherctlCase):
    def test_no_daemon_is_3(self):
        done = self.run_it("status")
        self.assertEqual(done.returncode, NO_DAEMON)
        self.assertIn("no daemon answers at /nonexistent", done.stderr)

    def test_who_may_not_open_the_socket_gets_4(self):
        self.serve(defaults() + service(**CAT))
        done = self.run_it("status", user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertEqual(done.returncode, NOT_PERMITTED, done.stderr)

    def test_who_is_in_the_group_may_look_and_not_touch(self):
        self.serve(defaults() + service(**CAT))
        os.chmod(self.socket.parent, 0o755)
        everybody_in_the_group = {"user": NOBODY, "group": os.stat(self.socket).st_gid,
                                  "extra_groups": []}
        self.usherctl("services", **everybody_in_the_group)
        for words in (["disable", "a"], ["ban", "127.0.0.1"], ["reload"], ["kill", "1"]):
            done = self.run_it(*words, **everybody_in_the_group)
            self.assertEqual(done.returncode, NOT_PERMITTED, f"{words} {done.stderr}")
            self.assertIn("changes are for root", done.stderr)
        self.assertEqual(client.exchange(4000, b"x").data, b"x")


class Check(UsherctlCase):
    def test_a_drop_in_alone_can_be_validated(self):
        good = WORK / "good"
        good.write_text(service(**CAT))
        bad = WORK / "bad"
        bad.write_text(service(nice="soon", **CAT))
        self.usherctl("check", str(good))
        self.assertIn("bad:", self.usherctl("check", str(good), str(bad), status=NO))

    def test_what_others_can_write_is_told(self):
        path = WORK / "open"
        path.write_text(service(**CAT))
        path.chmod(0o666)
        self.assertIn("[UL005]", self.usherctl("check", "--trust-files", str(path)))
