# SPDX-License-Identifier: BSD-2-Clause
#
# The status socket: what it answers, to whom, and what badly behaved clients cannot do.

import os
import pathlib
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

    def hold(self, port=4000):
        held = client.connect(port)
        self.addCleanup(held.close)
        held.sendall(b"x")
        self.assertEqual(client.read_some(held, 1), b"x")
        return held

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

    def test_many_services_are_listed_without_keeping_clients_waiting(self):
        count = 3_000  # of 4096 descriptors
        text = "".join(block(f"service s{i}", {
            "type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "wait": "no",
            "user": "root", "server": "/bin/echo", "listen": f"unix:@many-{i}"})
            for i in range(count))
        self.serve(defaults() + internal("echo", port=4000) + text)
        held = self.hold()
        asking = status.raw(self.socket)
        self.addCleanup(asking.close)
        asking.sendall(b"GET /v1/services HTTP/1.1\r\nHost: u\r\nConnection: close\r\n\r\n")
        slowest, text = 0.0, b""
        asking.settimeout(0)
        deadline = time.monotonic() + wait.PATIENCE
        while time.monotonic() < deadline:
            begin = time.monotonic()
            held.sendall(b"y")
            client.read_some(held, 1)
            slowest = max(slowest, time.monotonic() - begin)
            try:
                piece = asking.recv(1 << 20)
            except BlockingIOError:
                continue
            if not piece:
                break
            text += piece
        self.assertEqual(text.count(b'"id":'), count + 1)
        self.assertIn(b"]}\n\r\n0\r\n\r\n", text[-20:])
        self.assertLess(slowest, 1.0, "of an echo meanwhile, on a busy machine")


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
