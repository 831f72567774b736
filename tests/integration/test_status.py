# SPDX-License-Identifier: BSD-2-Clause
#
# The status socket: what it answers, to whom, and what badly behaved clients cannot do.

import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client, status
from harness.case import USHERD, WORK, IntegrationCase, wait
from harness.config import block, defaults, internal, service

NOBODY = 65534
CAT = {"server": "/bin/cat", "server_args": None}


class StatusCase(IntegrationCase):
    def serve(self, text, *options):
        subject = self.daemon(USHERD, text)
        self.socket = subject.directory / "status" / "sock"
        return subject.start("--status-socket", str(self.socket), *options)

    def get(self, target):
        return status.get(self.socket, target)

    def ask(self, target, method="GET", body=None):
        return status.ask(self.socket, target, method, body)

    def as_user(self, method, target, group=NOBODY):
        """The head of what a request by nobody in a group is answered, or its error."""
        return self.tool_output(
            "curl", "-sSi", "--unix-socket", str(self.socket), "-X", method,
            f"http://usherd{target}", user=NOBODY, group=group, extra_groups=[])

    def tool_output(self, name, *words, **how):
        done = subprocess.run([self.tool(name), *words], capture_output=True, text=True,
                              timeout=wait.PATIENCE, **how)
        return done.stdout + done.stderr


class Answers(StatusCase):
    def test_status_tells_process_configuration_and_totals(self):
        subject = self.serve(defaults() + service(**CAT))
        self.hold()
        wait.wait_until(lambda: self.get("/v1/status")["started_handlers"], "a handler")
        told = self.get("/v1/status")
        self.assertEqual(told["pid"], subject.pid)
        self.assertEqual(told["config_file"], str(subject.configuration))
        self.assertEqual(told["services"]["active"], 1)
        self.assertEqual((told["running"], told["accepted"], told["started_handlers"]), (1, 1, 1))

    def test_a_refusal_is_counted_with_its_reason(self):
        self.serve(defaults() + service(no_access="127.0.0.1"))
        self.assertEqual(client.exchange(4000).data, b"")
        [told] = self.get("/v1/services")["services"]
        self.assertEqual((told["id"], told["state"], told["accepted"]), ("a", "active", 0))
        self.assertEqual(told["refused_by"], {"address": 1})

    def test_a_service_tells_each_setting_and_where_it_was_written(self):
        subject = self.serve(defaults(instances=9) + service(nice=3))
        [told] = self.get("/v1/services/a")["services"]
        settings = {one["name"]: one for one in told["attributes"]}
        self.assertEqual(settings["nice"]["value"], "3")
        self.assertEqual(settings["nice"]["place"]["file"], str(subject.configuration))
        self.assertFalse(settings["nice"]["inherited"])
        self.assertTrue(settings["instances"]["inherited"])
        self.assertEqual(told["headroom"], [{"limit": "service_limit", "used": 0, "of": 9}])
        line = subject.configuration.read_text().splitlines()[settings["nice"]["place"]["line"] - 1]
        self.assertIn("nice", line)
        self.assertEqual(self.ask("/v1/services/b").status, 404)

    def test_connections_tell_pid_client_and_service(self):
        subject = self.serve(defaults() + service(**CAT) + internal("echo", port=4001))
        held = self.hold()
        self.hold(4001)
        wait.wait_until(lambda: self.get("/v1/status")["started_handlers"], "a handler")
        told = {one["service"]: one for one in self.get("/v1/connections")["connections"]}
        self.assertEqual(told["a"]["pid"], subject.handlers()[0])
        self.assertEqual(told["a"]["from"], "::ffff:127.0.0.1")
        self.assertEqual(told["a"]["port"], held.getsockname()[1])
        self.assertEqual(told["echo-stream"]["kind"], "internal")
        self.assertEqual(len(self.get("/v1/connections?service=a")["connections"]), 1)


class Orders(StatusCase):
    def test_disabled_is_closed_and_enabled_is_open_and_handlers_run_on(self):
        self.serve(defaults() + service(**CAT))
        held = self.hold()
        [told] = self.ask("/v1/services/a/disable", "POST").json["services"]
        self.assertEqual((told["state"], told["running"]), ("disabled", 1))
        self.assertEqual(client.exchange(4000).ending, "refused")
        held.sendall(b"y")
        self.assertEqual(client.read_some(held, 1), b"y")
        [told] = self.ask("/v1/services/a/enable", "POST").json["services"]
        self.assertEqual(told["state"], "active")
        self.assertEqual(client.exchange(4000, b"again").data, b"again")

    def test_a_reload_enables_what_was_disabled(self):
        subject = self.serve(defaults() + service(**CAT))
        self.ask("/v1/services/a/disable", "POST")
        subject.reload()
        self.assertEqual(client.exchange(4000, b"again").data, b"again")

    def test_kill_ends_the_process_group_of_a_handler_and_kills_what_stays(self):
        script = pathlib.Path(WORK / "stubborn")
        script.write_text("#!/bin/sh\ntrap '' TERM\nsleep 1000 & echo x\nwait\nwait\n")
        script.chmod(0o755)
        subject = self.serve(defaults() + service(server=str(script), server_args=None,
                                                  kill_grace="1s"))
        held = client.connect(4000)
        self.addCleanup(held.close)
        client.read_some(held, 2)
        [pid] = subject.handlers()
        # He may speak before the daemon has heard that he was started.
        wait.wait_until(lambda: self.get("/v1/connections")["connections"], "the handler's row")
        answer = self.ask(f"/v1/connections/{pid}/kill", "POST").json
        self.assertEqual((answer["pid"], answer["service"], answer["kill_grace_seconds"]),
                         (pid, "a", 1))
        wait.wait_until(lambda: not subject.handlers(), "the end of the handler")
        self.assertEqual(self.ask(f"/v1/connections/{pid}/kill", "POST").status, 404)
        self.assertEqual(self.ask(f"/v1/connections/{os.getpid()}/kill", "POST").status, 404)

    def test_a_dry_run_says_what_a_reload_would_change_and_changes_nothing(self):
        subject = self.serve(defaults() + service(**CAT) + service("b", port=4001))
        self.hold()
        subject.configure(defaults() + service(instances=3, **CAT) + service("c", port=4002))
        plan = self.ask("/v1/reload?dry_run=1", "POST").json
        self.assertEqual((plan["dry_run"], plan["applied"]), (True, False))
        self.assertEqual([one["id"] for one in plan["added"]], ["c"])
        self.assertEqual([(one["id"], one["why"]) for one in plan["removed"]], [("b", "removed")])
        [change] = plan["changed"]
        self.assertEqual((change["id"], change["listener"], change["sessions"]), ("a", "kept", 1))
        self.assertEqual(change["changes"],
                         [{"attribute": "instances", "from": "UNLIMITED", "to": "3"}])
        self.assertEqual({one["id"] for one in self.get("/v1/services")["services"]}, {"a", "b"})
        self.assertTrue(self.ask("/v1/reload", "POST").json["applied"])
        self.assertEqual({one["id"] for one in self.get("/v1/services")["services"]}, {"a", "c"})
        self.assertEqual(self.get("/v1/status")["reloads"]["done"], 1)

    def test_a_reload_says_what_is_stale_and_a_strict_one_changes_nothing(self):
        subject = self.serve(defaults() + service(**CAT))
        subject.configure(defaults() + service(nice="many", **CAT) + service("c", port=4002))
        strict = self.ask("/v1/reload?strict=1", "POST")
        self.assertEqual((strict.status, strict.error), (409, "reload_refused"))
        self.assertEqual(len(self.get("/v1/services")["services"]), 1)
        answer = self.ask("/v1/reload", "POST").json
        self.assertEqual([one["id"] for one in answer["stale"]], ["a"])
        self.assertIn("many", answer["diagnostics"][0]["message"])
        told = {one["id"]: one for one in self.get("/v1/services")["services"]}
        self.assertIn("stale", told["a"])
        self.assertEqual(told["c"]["state"], "active")

    def test_a_reload_with_a_broken_main_file_is_refused(self):
        subject = self.serve(defaults() + service(**CAT))
        subject.configure("defaults\n{\n    instances = many\n}\n")
        answer = self.ask("/v1/reload", "POST")
        self.assertEqual((answer.status, answer.error), (409, "reload_refused"))
        self.assertEqual(client.exchange(4000, b"still").data, b"still")


class Permission(StatusCase):
    def test_the_group_may_read_and_not_change(self):
        self.serve(block("defaults", {"status_group": "games"}) + service(**CAT))
        mode = self.socket.stat()
        self.assertEqual(stat.S_IMODE(mode.st_mode), 0o660)
        self.assertEqual((mode.st_uid, mode.st_gid), (0, 60))
        self.assertIn("200 OK", self.as_user("GET", "/v1/status", 60))
        self.assertIn("403 Forbidden", self.as_user("POST", "/v1/reload", 60))
        self.assertIn("403 Forbidden", self.as_user("DELETE", "/v1/bans?source=::1", 60))
        self.assertNotIn("HTTP/1.1", self.as_user("GET", "/v1/status"))

    def test_the_users_own_daemon_obeys_its_user(self):
        """And root, whoever the daemon is."""
        bob = {"user": "bob", "group": "bob", "extra_groups": []}
        subject = self.daemon(USHERD, defaults() + service(user="bob", **CAT))
        self.socket = subject.directory / "status" / "sock"
        self.socket.parent.mkdir()
        shutil.chown(subject.directory, "bob", "bob")
        shutil.chown(self.socket.parent, "bob", "bob")
        subject.start("--status-socket", str(self.socket), **bob)
        for command, user in (("disable", bob), ("enable", {})):
            done = subprocess.run(
                [self.tool("curl"), "-sSi", "--unix-socket", str(self.socket), "-X", "POST",
                 f"http://usherd/v1/services/a/{command}"], capture_output=True, text=True,
                timeout=wait.PATIENCE, **user)
            self.assertIn("200 OK", done.stdout, done.stderr)

    def test_what_a_killed_daemon_left_is_replaced_and_a_living_one_is_not(self):
        subject = self.serve(defaults() + service(**CAT))
        subject.send(signal.SIGKILL)
        subject.wait_exit()
        self.assertTrue(self.socket.is_socket())
        self.serve(defaults() + service(**CAT))
        self.assertEqual(self.get("/v1/status")["services"]["active"], 1)
        other = self.daemon(USHERD, defaults() + service("b", port=4001), WORK / "other")
        other.start("--status-socket", str(self.socket))
        self.assertIn("no status socket", " ".join(other.message_texts("WARNING")))
        other.stop()
        self.assertEqual(self.get("/v1/status")["services"]["active"], 1)

    def test_the_socket_goes_with_the_daemon(self):
        subject = self.serve(defaults() + service(**CAT))
        self.assertTrue(self.socket.is_socket())
        subject.stop()
        self.assertFalse(self.socket.exists())

    def test_no_socket_in_a_directory_that_others_may_write_to(self):
        subject = self.daemon(USHERD, defaults() + service(**CAT))
        place = WORK / "open"
        place.mkdir()
        place.chmod(0o777)
        subject.start("--status-socket", str(place / "sock"))
        self.assertIn("no status socket", " ".join(subject.message_texts("WARNING")))
        self.assertFalse((place / "sock").exists())


class Events(StatusCase):
    def events(self, query=""):
        answer = self.ask(f"/v1/events{query}")
        self.assertEqual(answer.status, 200, answer)
        return [json.loads(line) for line in answer.text.splitlines()]

    def wait_for_kind(self, kind):
        return wait.wait_until(lambda: [one for one in self.events() if one["kind"] == kind],
                               f"an event {kind}")

    def test_a_connection_is_accepted_started_and_exited(self):
        self.serve(defaults() + service(**CAT))
        self.assertEqual(client.exchange(4000, b"hello").data, b"hello")
        self.wait_for_kind("exited")
        told = self.events("?service=a")
        self.assertEqual([one["kind"] for one in told], ["accepted", "started", "exited"])
        self.assertEqual([one["seq"] for one in told],
                         list(range(told[0]["seq"], told[0]["seq"] + 3)))
        self.assertEqual(told[2]["pid"], told[1]["pid"])
        self.assertEqual(told[2]["status"], 0)
        self.assertGreater(told[2]["max_rss_kb"], 0)
        [last] = [one["last_event"] for one in self.get("/v1/services")["services"]]
        self.assertEqual(last["kind"], "exited")

    def test_events_are_told_by_reason_source_and_number(self):
        self.serve(defaults() + service(no_access="127.0.0.2") + service("b", port=4001))
        client.exchange(4000, source="127.0.0.2")
        client.exchange(4000, source="127.0.0.3")
        [refused] = self.events("?reason=address")
        self.assertEqual((refused["kind"], refused["from"]), ("refused", "::ffff:127.0.0.2"))
        self.assertEqual({one["from"] for one in self.events("?from=127.0.0.3/32")},
                         {"::ffff:127.0.0.3"})
        self.assertEqual(self.events(f"?since={refused['seq']}")[0], refused)
        self.assertEqual(self.events("?after=2200-01-01T00:00:00Z"), [])
        self.assertEqual(self.ask("/v1/events?from=here").status, 400)

    def follow(self, query=""):
        sock = status.raw(self.socket)
        self.addCleanup(sock.close)
        sock.sendall(f"GET /v1/events?follow=1{query} HTTP/1.0\r\n\r\n".encode())
        return sock

    def test_a_follower_is_told_as_it_happens(self):
        self.serve(defaults() + service(**CAT))
        lines = self.follow("&service=a").makefile("rb")
        while lines.readline().strip():
            pass  # the head
        client.exchange(4000, b"hello")
        self.assertEqual([json.loads(lines.readline())["kind"] for _ in range(3)],
                         ["accepted", "started", "exited"])

    def test_a_slow_follower_is_dropped_and_told_so(self):
        self.serve(defaults() + service(no_access="127.0.0.1", cps="100000 1"),
                   "--event-ring", "50")
        slow = self.follow()
        total = 12_000  # more than what is queued for him, in the daemon and in the kernel
        for _ in range(total):
            client.exchange(4000)
        last = json.loads(client.read_all(slow).data.splitlines()[-1])
        self.assertEqual(last["kind"], "dropped")
        self.assertGreater(last["count"], 0)

    def test_what_the_ring_no_longer_has_is_missed(self):
        self.serve(defaults() + service(no_access="127.0.0.1"), "--event-ring", "10")
        for _ in range(30):
            client.exchange(4000)
        told = self.events("?since=0")
        self.assertEqual((told[0]["kind"], told[0]["count"], len(told)), ("missed", 20, 11))

    def test_states_and_reloads_are_events(self):
        subject = self.serve(defaults() + service(**CAT))
        self.ask("/v1/services/a/disable", "POST")
        self.ask("/v1/services/a/enable", "POST")
        subject.configure("defaults\n{\n    instances = many\n}\n")
        self.ask("/v1/reload", "POST")
        subject.send(signal.SIGHUP)
        self.wait_for_kind("reload")
        told = [(one["kind"], one.get("state"), "reason" in one) for one in self.events()]
        self.assertEqual(told, [("state", "disabled", False), ("state", "active", False),
                                ("reload", None, True)])


class Sources(StatusCase):
    def test_sources_are_counted_by_address_and_block(self):
        self.serve(defaults() + service(no_access="127.0.0.2"))
        for source, count in (("127.0.0.2", 3), ("127.0.0.3", 2), ("127.0.1.1", 1)):
            for _ in range(count):
                client.exchange(4000, source=source)
        told = self.get("/v1/sources?top=2")
        self.assertEqual(told["total"], 6)
        self.assertEqual([(one["source"], one["accepted"], one["refused"], one["error"])
                          for one in told["addresses"]],
                         [("127.0.0.2", 0, 3, 0), ("127.0.0.3", 2, 0, 0)])
        self.assertEqual([(one["source"], one["count"]) for one in told["blocks"]],
                         [("127.0.0.0/24", 5), ("127.0.1.0/24", 1)])


class Bans(StatusCase):
    def ban(self, **order):
        answer = self.ask("/v1/bans", "POST", order)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def test_who_is_banned_is_refused_by_every_service_and_survives_a_reload(self):
        subject = self.serve(defaults() + service(**CAT)
                             + internal("echo", "dgram", port=4001))
        self.assertEqual(client.exchange(4000, b"before").data, b"before")
        self.assertEqual(self.ban(source="127.0.0.0/24", reason="guesses")["source"],
                         "127.0.0.0/24")
        subject.reload()
        self.assertEqual(client.exchange(4000, b"banned").data, b"")
        self.assertEqual(client.exchange(4000, b"other", source="127.0.1.1").data, b"other")
        self.assertIsNone(client.ask(4001, b"banned", seconds=0.5))
        self.assertEqual(client.ask(4001, b"other", source="127.0.1.1"), b"other")
        [told] = self.get("/v1/bans")["bans"]
        self.assertEqual((told["reason"], told["hits"]), ("guesses", 2))
        self.assertIn("ban", " ".join(subject.wait_for_record("FAIL: a ban ")))
        self.assertEqual(self.ask("/v1/bans?source=127.0.0.0/24", "DELETE").status, 200)
        self.assertEqual(self.ask("/v1/bans?source=127.0.0.0/24", "DELETE").status, 404)
        self.assertEqual(client.exchange(4000, b"after").data, b"after")
        kinds = [json.loads(line)["kind"] for line in self.ask("/v1/events").text.splitlines()]
        self.assertIn("ban", kinds)
        self.assertIn("unban", kinds)

    def test_a_ban_ends_when_its_time_is_over(self):
        self.serve(defaults() + service(**CAT))
        self.ban(source="127.0.0.1", seconds=1)
        self.assertEqual(client.exchange(4000, b"x").data, b"")
        wait.wait_until(lambda: client.exchange(4000, b"x").data == b"x", "the end of the ban")
        wait.wait_until(lambda: not self.get("/v1/bans")["bans"], "an empty list")

    def test_what_is_no_source_cannot_be_banned(self):
        self.serve(defaults() + service(**CAT))
        for source in ("here", "127.0.0.1/33", "", "127.1"):
            self.assertEqual(self.ask("/v1/bans", "POST", {"source": source}).status, 400)
        self.assertEqual(self.ask("/v1/bans", "POST", "no json").status, 400)


class Explain(StatusCase):
    def explain(self, query):
        [trace] = self.get(f"/v1/explain?{query}")["traces"]
        return trace, {one["check"]: one for one in trace["steps"]}

    def test_the_rule_that_refuses_is_told_with_its_place(self):
        subject = self.serve(defaults() + service(no_access="192.0.2.1 198.51.100.0/24"))
        trace, steps = self.explain("service=a&from=198.51.100.7")
        self.assertEqual((trace["admitted"], trace["reason"]), (False, "address"))
        step = steps["no_access"]
        self.assertEqual((step["verdict"], step["rule"]["text"]), ("refuse", "198.51.100.0/24"))
        place = step["rule"]["place"]
        self.assertEqual(place["file"], str(subject.configuration))
        line = subject.configuration.read_text().splitlines()[place["line"] - 1]
        self.assertTrue(line[place["column"] - 1:].startswith("198.51.100.0/24"), (line, place))
        trace, _ = self.explain("service=a&from=203.0.113.1")
        self.assertTrue(trace["admitted"])

    def test_the_margin_of_a_limit_is_that_of_now_and_asking_counts_nothing(self):
        self.serve(defaults() + service(instances=2, **CAT))
        held = client.connect(4000)
        self.addCleanup(held.close)
        held.sendall(b"x")
        client.read_some(held, 1)
        for _ in range(100):
            trace, steps = self.explain("service=a&from=203.0.113.1")
        self.assertEqual((steps["service_limit"]["used"], steps["service_limit"]["limit"]), (1, 2))
        self.assertEqual(self.get("/v1/status")["accepted"], 1)

    def test_the_clock_can_be_moved(self):
        self.serve(defaults() + service(access_times="03:00-04:00"))
        self.assertTrue(self.explain("service=a&from=203.0.113.1&at=03:10")[0]["admitted"])
        trace, steps = self.explain("service=a&from=203.0.113.1&at=2027-02-14%2005:10")
        self.assertEqual(trace["reason"], "time")
        self.assertEqual(trace["at"], "2027-02-14T05:10:00.000Z")
        self.assertEqual(steps["only_from"]["verdict"], "not_reached")
        for query in ("at=soon", "at=25:00", "from=nobody"):
            target = f"/v1/explain?service=a&from=203.0.113.1&{query}"
            self.assertEqual(self.ask(target).status, 400, query)
        self.assertEqual(self.ask("/v1/explain?service=b&from=::1").status, 404)

    def test_a_ban_is_the_first_reason(self):
        self.serve(defaults() + service(no_access="203.0.113.1"))
        self.ask("/v1/bans", "POST", {"source": "203.0.113.1"})
        trace, steps = self.explain("service=a&from=203.0.113.1")
        self.assertEqual((trace["reason"], steps["ban"]["verdict"]), ("ban", "refuse"))


class Metrics(StatusCase):
    def metrics(self):
        answer = self.ask("/metrics")
        self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        return answer.text

    def test_metrics_are_what_prometheus_wants(self):
        self.serve(defaults() + service(**CAT) + service("b", no_access="127.0.0.1", port=4001)
                   + service("c", redirect="127.0.0.1 4000", server=None, server_args=None,
                             port=4002, instances=7))
        client.exchange(4000, b"hello")
        client.exchange(4001)
        client.exchange(4002, b"hello")
        wait.wait_until(lambda: "usherd_redirect_bytes_total" in self.metrics(), "a relay's end")
        wait.wait_until(lambda: 'usherd_handler_exits_total{service="a",status="0"} 2'
                        in self.metrics(), "both handlers' ends")
        text = self.metrics()
        for line in ('usherd_service_accepted_total{service="a"} 2',
                     'usherd_service_refused_total{service="b",reason="address"} 1',
                     'usherd_service_instances_limit{service="c"} 7',
                     'usherd_redirect_bytes_total{service="c",direction="in"} 5',
                     'usherd_handler_start_seconds_count{service="a"} 2',
                     'usherd_handler_duration_seconds_bucket{service="a",le="+Inf"} 2',
                     'usherd_services{state="active"} 3', 'usherd_build_info{version='):
            self.assertIn(line, text)
        done = subprocess.run([self.tool("promtool"), "check", "metrics"], input=text,
                              capture_output=True, text=True, timeout=wait.PATIENCE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_many_services_have_one_head_for_each_family(self):
        count = 450
        self.serve("".join(internal("echo", id=f"e{i}", port=5000 + i) for i in range(count)))
        lines = self.metrics().splitlines()
        heads = [line for line in lines if line.startswith("# TYPE")]
        self.assertEqual(len(heads), len(set(heads)))
        self.assertEqual(len([one for one in lines if one.startswith("usherd_service_up{")]), count)


class Http(StatusCase):
    def over_tcp(self, method, target, host="127.0.0.1:9872"):
        with client.connect(9872) as sock:
            sock.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
                         "\r\n".encode())
            return client.read_all(sock).data.decode()

    def test_tcp_answers_questions_and_takes_no_orders(self):
        self.serve(defaults() + service(**CAT), "--http", "127.0.0.1:9872")
        self.assertIn(" 200 OK", self.over_tcp("GET", "/v1/status"))
        self.assertIn("usherd_service_up", self.over_tcp("GET", "/metrics"))
        self.assertIn(" 403 ", self.over_tcp("POST", "/v1/reload"))
        self.assertIn(" 403 ", self.over_tcp("DELETE", "/v1/bans?source=::1"))
        self.assertIn(" 200 OK", self.over_tcp("GET", "/v1/status", "localhost"))
        self.assertIn(" 421 ", self.over_tcp("GET", "/v1/status", "evil.example:9872"))

    def test_the_page_allows_its_own_script_and_nothing_else(self):
        self.serve(defaults() + service(**CAT), "--http", "127.0.0.1:9872")
        head, _, page = self.over_tcp("GET", "/").partition("\r\n\r\n")
        [policy] = [line for line in head.splitlines()
                    if line.startswith("Content-Security-Policy: ")]
        nonce = policy.partition("script-src 'nonce-")[2].partition("'")[0]
        self.assertRegex(nonce, "^[0-9a-f]{32}$")
        self.assertIn("default-src 'none'", policy)
        self.assertIn(f'<script nonce="{nonce}">', page)
        self.assertNotIn("@NONCE@", page)
        for outside in ("http://", "https://", "src=", "href=", "innerHTML"):
            self.assertNotIn(outside, page)

    def test_an_address_that_others_reach_takes_a_second_option(self):
        for address in ("0.0.0.0:9872", "192.0.2.1:9872", "[::]:9872", "localhost:80", "9872"):
            subject = self.daemon(USHERD, defaults() + service(**CAT))
            subject.start("--http", address, ready=False)
            subject.wait_exit()
            self.assertEqual(subject.process.returncode, 1, address)
            self.assertIn("--http", subject.stderr())
        self.serve(defaults() + service(**CAT), "--http", "0.0.0.0:9872", "--http-allow-remote")
        self.assertIn(" 200 OK", self.over_tcp("GET", "/v1/status", "anything"))


class Hostile(StatusCase):
    def read_to_end(self, sock):
        return client.read_all(sock).data

    def test_half_open_requests_hold_up_no_service_and_not_root(self):
        self.serve(defaults() + service(**CAT))
        opened = []
        self.addCleanup(lambda: [one.close() for one in opened])
        for _ in range(1000):
            try:
                one = status.raw(self.socket)
            except BlockingIOError:
                continue  # the queue of the socket is full
            opened.append(one)
            try:
                one.sendall(b"GET /v1/sta")
            except OSError:
                pass  # turned away at once
        self.assertEqual(client.exchange(4000, b"served").data, b"served")
        answers = [self.read_to_end(one) for one in opened]
        self.assertTrue(any(b" 503 " in answer for answer in answers))
        self.assertIn(b" 408 ", answers[0])
        wait.wait_until(lambda: self.can_ask(), "a client that is let in again")

    def can_ask(self):
        try:
            return self.ask("/v1/status").status == 200
        except OSError:
            return False

    def test_a_request_that_drips_in_has_a_deadline(self):
        self.serve(defaults() + service(**CAT))
        begin = time.monotonic()
        with status.raw(self.socket) as slow:
            slow.settimeout(0.2)
            text = b""
            try:
                while time.monotonic() - begin < wait.PATIENCE:
                    slow.sendall(b"G")
                    try:
                        text = slow.recv(4096)
                        break
                    except TimeoutError:
                        pass
            except OSError:
                pass
        self.assertLess(time.monotonic() - begin, wait.PATIENCE)
        self.assertTrue(text == b"" or b" 4" in text[:16], text)

    def test_what_is_too_large_or_malformed_is_refused(self):
        self.serve(defaults() + service(**CAT))
        for request, expected in ((b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", b" 431 "),
                                  (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\n\r\n", b" 414 "),
                                  (b"POST /v1/bans HTTP/1.1\r\nContent-Length: 70000\r\n\r\n",
                                   b" 413 "),
                                  (b"\x16\x03\x01\x02\n\n", b" 400 "),
                                  (b"GET /v1/services/%00 HTTP/1.1\r\nConnection: close\r\n\r\n",
                                   b" 400 ")):
            with status.raw(self.socket) as one:
                one.sendall(request)
                one.shutdown(socket.SHUT_WR)
                self.assertIn(expected, self.read_to_end(one)[:20])

    def test_requests_in_one_go_are_answered_in_order(self):
        self.serve(defaults() + service(**CAT))
        with status.raw(self.socket) as one:
            one.sendall(b"GET /v1/status HTTP/1.1\r\n\r\nGET /nowhere HTTP/1.1\r\n\r\n"
                        b"GET /v1/services HTTP/1.1\r\nConnection: close\r\n\r\n")
            text = self.read_to_end(one)
        self.assertEqual([text.count(b" 200 OK"), text.count(b" 404 Not Found")], [2, 1])
        self.assertLess(text.index(b"descriptor_limit"), text.index(b"not_found"))
        self.assertLess(text.index(b"not_found"), text.index(b'"services":[{"id"'))


if __name__ == "__main__":
    import unittest
    unittest.main()
