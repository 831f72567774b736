# SPDX-License-Identifier: BSD-2-Clause
#
# The bounds of the status socket: what its clients can hold, and that they give it back.

import json
import os
import pathlib
import resource
import socket
import subprocess
import sys
import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client, processes, status
from harness.case import wait
from harness.config import block, defaults, internal, service
from test_status import CAT, StatusCase

HEAD_BYTES = 8 * 1024
BODY_BYTES = 64 * 1024
CLIENTS = 64
RESERVED = 16  # for root


# Nobody, who holds as many connections as he is let, each with half a request, until he is told to go.
CROWD = """
import os, socket, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
held = []
for _ in range(int(sys.argv[2])):
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(60)
    one.connect(sys.argv[1])
    try:
        one.sendall(b"GET /")
    except OSError:
        pass
    held.append(one)
print("there", flush=True)
sys.stdin.readline()
print(sum(one.recv(99).startswith(b"HTTP/1.1 503") for one in held))
"""


def cpu_seconds(pid):
    fields = processes.stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    """What the daemon's main thread, which is its loop, has had so far."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


class LimitsCase(StatusCase):
    def raw(self, request=b""):
        def connect():
            try:
                return status.raw(self.socket)
            except BlockingIOError:
                return None  # the queue of the socket is full
        sock = wait.wait_until(connect, "a place in the queue")
        self.addCleanup(sock.close)
        if request:
            sock.sendall(request)
        return sock

    def answer(self, request):
        """Status and JSON of what a request by itself is answered, to the end of the connection."""
        text = client.read_all(self.raw(request)).data
        head, _, body = text.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 "), text[:200])
        return int(head.split()[1]), json.loads(body)

    def descriptors(self):
        return len(processes.descriptors(self.subject.pid))

    def serve(self, text, *options):
        self.subject = super().serve(text, *options)
        self.get("/v1/status")
        self.quiet = self.wait_for_quiet()
        return self.subject

    def wait_for_quiet(self):
        """The number of descriptors, once there is no client."""
        seen = [-1]

        def settled():
            seen.append(self.descriptors())
            time.sleep(0.05)
            return seen[-1] == seen[-2]
        wait.wait_until(settled, "a number of descriptors that stays")
        return seen[-1]

    def wait_until_all_gone(self):
        wait.wait_until(lambda: self.descriptors() <= self.quiet, "every client's descriptor back")


class Requests(LimitsCase):
    def test_what_is_no_request_is_refused_in_json_too(self):
        self.serve(defaults() + service(**CAT))
        for request, expected in ((b"nonsense\r\n\r\n", (400, "bad_request")),
                                  (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", (400, "bad_request")),
                                  (b"JUMP / HTTP/1.1\r\n\r\n", (501, "not_implemented")),
                                  (b"GET / HTTP/1.1\r\na: " + b"b" * HEAD_BYTES,
                                   (431, "headers_too_large")),
                                  (b"POST /v1/bans HTTP/1.1\r\nContent-Length: 65537\r\n\r\n",
                                   (413, "too_large")),
                                  (b"POST /v1/bans HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                   b"10001\r\n", (413, "too_large")),
                                  (b"PUT /v1/bans HTTP/1.1\r\n\r\n", (405, "method_not_allowed"))):
            code, told = self.answer(request)
            self.assertEqual((code, told["error"]), expected, request[:60])
        self.wait_until_all_gone()

    def test_a_body_as_large_as_allowed_is_read(self):
        self.serve(defaults() + service(**CAT))
        body = b'{"source":"192.0.2.1"' + b" " * (BODY_BYTES - 22) + b"}"
        self.assertEqual(len(body), BODY_BYTES)
        self.assertEqual(self.ask("/v1/bans", "POST", body.decode()).status, 201)

    def test_head_has_no_body(self):
        self.serve(defaults() + service(**CAT))
        text = client.read_all(self.raw(b"HEAD /v1/status HTTP/1.1\r\n\r\n")).data
        self.assertIn(b" 405 ", text[:13])
        self.assertTrue(text.endswith(b"\r\n\r\n"), text)

    def test_who_says_nothing_more_is_answered_all_the_same(self):
        self.serve(defaults() + "".join(service(f"s{i}", port=4000 + i) for i in range(300)))
        asking = self.raw(b"GET /v1/services HTTP/1.1\r\nConnection: close\r\n\r\n")
        asking.shutdown(socket.SHUT_WR)
        text = client.read_all(asking).data
        self.assertEqual(text.count(b'"id":'), 300)
        self.wait_until_all_gone()

    def test_a_connection_stays_after_a_reply_in_pieces(self):
        self.serve(defaults() + service(**CAT))
        asking = self.raw(b"GET /v1/services HTTP/1.1\r\n\r\nGET /v1/events HTTP/1.1\r\n\r\n")
        text = b""
        while text.count(b"\r\n0\r\n\r\n") < 2:
            text += asking.recv(65536)
        asking.sendall(b"GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertIn(b'"pid":', client.read_all(asking).data)
        self.wait_until_all_gone()

    def test_each_request_of_a_connection_has_a_deadline_of_its_own(self):
        self.serve(defaults() + service(**CAT))
        asking = self.raw()
        for _ in range(2):
            asking.sendall(b"GET /v1/status HTTP/1.1\r\n\r\n")
            self.assertIn(b" 200 OK", asking.recv(65536))
        begin = time.monotonic()
        asking.sendall(b"GET /v1/sta")
        told = client.read_all(asking).data
        self.assertIn(b" 408 ", told)
        self.assertGreater(time.monotonic() - begin, 3, "a deadline")
        self.assertEqual(json.loads(told.partition(b"\r\n\r\n")[2])["error"], "too_slow")
        self.wait_until_all_gone()


class Loop(LimitsCase):
    def test_ten_thousand_services_are_listed_a_few_milliseconds_at_a_time(self):
        """Reckoned in the processor's time, which other programs of the machine do not lengthen."""
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        count = min(10_000, limit - 500)
        text = "".join(block(f"service s{i}", {
            "type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "wait": "no",
            "user": "root", "server": "/bin/echo", "listen": f"unix:@thousands-{i}"})
            for i in range(count))
        pid = self.serve(defaults() + internal("echo", port=4000) + text).pid
        held = self.hold()
        asking = self.raw(b"GET /v1/services HTTP/1.1\r\nConnection: close\r\n\r\n")
        asking.setblocking(False)
        begin, longest, echoes, text = processor_seconds(pid), 0, 0, b""
        deadline = time.monotonic() + wait.PATIENCE
        while time.monotonic() < deadline:
            before = processor_seconds(pid)
            held.sendall(b"y")
            client.read_some(held, 1)
            echoes += 1
            longest = max(longest, processor_seconds(pid) - before)
            try:
                piece = asking.recv(1 << 15)
            except BlockingIOError:
                continue
            if not piece:
                break
            text += piece
        self.assertEqual(text.count(b'"id":'), count + 1)
        self.assertIn(b"]}\n\r\n0\r\n\r\n", text[-20:])
        self.assertGreater(echoes, 3, "between the pieces of the list")
        # An optimized build takes 2 ms for a piece and 70 ms for all.
        whole = processor_seconds(pid) - begin
        self.assertLess(longest, max(0.1, whole / 5), "for one turn of the loop")


class Clients(LimitsCase):
    def test_who_connects_and_goes_holds_no_place(self):
        self.serve(defaults() + service(**CAT))
        for request in (b"", b"GET /v1/sta", b"GET /v1/events?follow=1 HTTP/1.1\r\n\r\n",
                        b"nonsense\r\n\r\n"):
            for _ in range(2 * (CLIENTS + RESERVED)):
                self.raw(request).close()
            self.assertEqual(wait.wait_until(self.code, "an answer"), 200, request)
        self.wait_until_all_gone()

    def code(self):
        try:
            return self.ask("/v1/status").status
        except OSError:
            return None

    def test_followers_are_counted_and_give_their_places_back(self):
        self.serve(defaults() + service(**CAT))
        followers = [self.raw(b"GET /v1/events?follow=1 HTTP/1.1\r\n\r\n")
                     for _ in range(CLIENTS + RESERVED)]
        for one in followers:
            self.assertIn(b" 200 OK", one.recv(4096))
        self.assertEqual(self.answer(b"")[0], 503)
        for one in followers:
            one.close()
        self.assertEqual(wait.wait_until(lambda: self.code() == 200, "a place"), True)
        self.wait_until_all_gone()

    def test_root_has_places_of_its_own(self):
        self.serve(defaults() + service(**CAT))
        self.socket.chmod(0o666)
        crowd = subprocess.Popen([sys.executable, "-c", CROWD, str(self.socket), str(2 * CLIENTS)],
                                 text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(crowd.wait, wait.PATIENCE)
        self.assertEqual(crowd.stdout.readline(), "there\n")
        self.assertEqual(self.ask("/v1/reload?dry_run=1", "POST").status, 200)
        sent_away, _ = crowd.communicate("go\n", timeout=wait.PATIENCE)
        self.assertGreaterEqual(int(sent_away), 1)
        self.wait_until_all_gone()

    def test_a_follower_that_talks_on_is_cut_off(self):
        self.serve(defaults() + service(**CAT))
        talking = self.raw(b"GET /v1/events?follow=1 HTTP/1.1\r\n\r\n")
        self.assertIn(b" 200 OK", talking.recv(4096))
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            for _ in range(1000):
                talking.sendall(b"x" * 10_000)
        self.wait_until_all_gone()

    def test_without_descriptors_the_socket_waits_and_the_daemon_does_not_spin(self):
        subject = self.serve(defaults() + service(**CAT))
        pid = subject.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        highest = max(processes.descriptors(pid))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1, before[1]))
        fillers = [self.raw() for _ in range(100)]
        begin, busy = time.monotonic(), cpu_seconds(pid)
        time.sleep(2)  # what is looked for is what it does meanwhile: nothing
        self.assertLess(cpu_seconds(pid) - busy, (time.monotonic() - begin) / 2)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        for one in fillers:
            one.close()
        self.assertEqual(wait.wait_until(self.code, "an answer"), 200)
        self.wait_until_all_gone()

    def test_the_daemon_ends_with_followers_and_half_a_request(self):
        self.serve(defaults() + service(**CAT))
        following = self.raw(b"GET /v1/events?follow=1 HTTP/1.1\r\n\r\n")
        self.assertIn(b" 200 OK", following.recv(4096))
        self.raw(b"GET /v1")
        self.assertEqual(self.subject.stop(), 0)
        self.assertEqual(client.read_all(following).data[-5:], b"")


if __name__ == "__main__":
    import unittest
    unittest.main()
