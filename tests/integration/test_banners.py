# SPDX-License-Identifier: BSD-2-Clause
#
# banner, banner_success, banner_fail: what the client sees is what he sees of xinetd, but nobody is
# waited for.

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, WORK, IntegrationCase, wait
from harness.config import defaults, internal, service

FIRST = WORK / "first"
SECOND = WORK / "second"
REFUSED = WORK / "refused"
ALL = {"banner": FIRST, "banner_success": SECOND, "banner_fail": REFUSED}


class Banners(IntegrationCase):
    def setUp(self):
        super().setUp()
        FIRST.write_bytes(b"first\n")
        SECOND.write_bytes(b"second without an end")
        REFUSED.write_bytes(b"refused\r\n\0.")

    def test_they_come_in_order_and_before_the_data(self):
        def scenario(_):
            return client.exchange(4000, half_close=False), client.exchange(4001, b"x")
        text = defaults() + service(**ALL) + internal("echo", port=4001, **ALL)
        self.assertEqual(self.compare(text, scenario),
                         (client.Reply(b"first\nsecond without an endhello\n", "eof"),
                          client.Reply(b"first\nsecond without an endx", "eof")))

    def test_the_refused_get_the_other_one(self):
        text = (defaults() + service(no_access="127.0.0.1", **ALL)
                + service("b", port=4001, instances=0, **ALL)
                + service("c", port=4002, cps="1 10", **ALL))

        def by_cps():
            # Two connections may fall into different seconds.
            reply = client.exchange(4002, half_close=False)
            return reply if b"refused" in reply.data else None

        def scenario(_):
            return [client.exchange(port, half_close=False) for port in (4000, 4001)] + [
                wait.wait_until(by_cps, "a refusal")]
        for reply in self.compare(text, scenario):
            self.assertEqual(reply, client.Reply(b"first\nrefused\r\n\0.", "eof"))

    def test_a_file_that_is_missing_is_reported_and_passed_over(self):
        text = defaults() + service(banner=WORK / "nothing")

        def scenario(subject):
            reply = client.exchange(4000, half_close=False)
            return reply, subject.wait_for_message("open of banner")[0]
        reply, message = self.compare(text, scenario)
        self.assertEqual(reply.data, b"hello\n")
        self.assertIn(f"service = a, open of banner {WORK / 'nothing'} failed", message)

    def test_a_client_that_does_not_read_stops_nobody(self):
        """Row S11."""
        FIRST.write_bytes(b"x" * 65536)
        self.started(USHERD, defaults() + service(banner=FIRST, flags="IPv4")
                     + service("b", port=4001))
        with client.connect(4000):
            self.assertEqual(client.exchange(4001).data, b"hello\n")
            self.assertEqual(client.exchange(4000, half_close=False).data,
                             b"x" * 65536 + b"hello\n")

    def test_waiting_services_send_none(self):
        """Row D33."""
        script = WORK / "accept.py"
        script.write_text("import socket\nl = socket.socket(fileno=0)\nc, _ = l.accept()\n"
                          "c.sendall(b'served')\n")
        self.started(USHERD, defaults() + service(wait="yes", server="/usr/bin/python3",
                                                  server_args=script, **ALL))
        self.assertEqual(client.exchange(4000, half_close=False), client.Reply(b"served", "eof"))
