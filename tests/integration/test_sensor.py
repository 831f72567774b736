# SPDX-License-Identifier: BSD-2-Clause
#
# SENSOR and deny_time: who touches one is refused everywhere, and nobody else is.

import harness  # noqa: F401  (enters the sandbox)
from harness import client, status
from harness.case import USHERD, XINETD, IntegrationCase, on
from harness.config import defaults, internal, service

BOTH = {"flags": "IPv4"}


def sensor(**attributes):
    return service("trap", **({"flags": "IPv4 SENSOR", "port": 4001, "deny_time": "FOREVER"}
                              | attributes))


class Sensor(IntegrationCase):
    def test_who_touches_it_is_refused_by_every_service(self):
        def scenario(subject):
            before = client.exchange(4000, source="127.0.0.5").data
            touched = client.exchange(4001, source="127.0.0.5", half_close=False)
            subject.wait_for_record("FAIL: trap address from=127.0.0.5")
            subject.wait_for_message("Adding 127.0.0.5 to the global_no_access list for -1 minutes")
            after = client.exchange(4000, source="127.0.0.5", half_close=False)
            subject.wait_for_record("FAIL: a address from=127.0.0.5")
            return before, touched, after, client.exchange(4000, source="127.0.0.6").data
        seen = self.compare(defaults() + service(**BOTH) + sensor(), scenario)
        self.assertEqual(seen, (b"hello\n", client.Reply(b"", "eof"), client.Reply(b"", "eof"),
                                b"hello\n"))

    @on(XINETD, USHERD)
    def test_minutes_are_logged_and_the_list_survives_a_reload(self, kind):
        text = defaults() + service(**BOTH) + sensor(deny_time=7)
        subject = self.started(kind, text)
        client.exchange(4001, source="127.0.0.5")
        subject.wait_for_message("Adding 127.0.0.5 to the global_no_access list for 7 minutes")
        subject.configure(defaults() + service(**BOTH))
        subject.reload()
        self.assertEqual(client.exchange(4000, source="127.0.0.5", half_close=False).data, b"")
        subject.wait_for_record("FAIL: a address from=127.0.0.5")

    @on(XINETD, USHERD)
    def test_without_deny_time_it_refuses_and_remembers_nobody(self, kind):
        subject = self.started(kind, defaults() + service(**BOTH) + sensor(deny_time="NEVER"))
        self.assertEqual(client.exchange(4001, half_close=False).data, b"")
        subject.wait_for_record("FAIL: trap address")
        self.assertEqual(client.exchange(4000).data, b"hello\n")

    def test_the_status_tells_who_has_touched_it_and_forgives_on_request(self):
        subject = self.daemon(USHERD, defaults() + service(**BOTH) + sensor(deny_time=7))
        socket = subject.directory / "status" / "sock"
        subject.start("--status-socket", str(socket))
        client.exchange(4001, source="127.0.0.5")
        subject.wait_for_message("Adding 127.0.0.5")
        for _ in range(2):
            self.assertEqual(client.exchange(4000, source="127.0.0.5", half_close=False).data, b"")
        self.assertEqual(status.get(socket, "/v1/status")["sensed"], 1)
        told = status.get(socket, "/v1/bans")
        self.assertEqual(told["bans"], [])
        [sensed] = told["sensed"]
        self.assertEqual((sensed["source"], sensed["reason"], sensed["hits"]),
                         ("127.0.0.5", "sensor", 2))
        self.assertIn("until", sensed)
        self.assertIn("usherd_sensed_sources 1", status.ask(socket, "/metrics").text)
        self.assertEqual(status.ask(socket, "/v1/bans?source=127.0.0.4/30", "DELETE").status, 404)
        self.assertEqual(status.ask(socket, "/v1/bans?source=127.0.0.5", "DELETE").status, 200)
        self.assertEqual(client.exchange(4000, source="127.0.0.5").data, b"hello\n")
        self.assertEqual(status.get(socket, "/v1/status")["sensed"], 0)

    def test_an_address_that_ends_in_0_is_banned_alone(self):
        """Row S8."""
        subject = self.started(USHERD, defaults() + service(**BOTH) + sensor())
        client.exchange(4001, source="127.0.1.0")
        subject.wait_for_message("Adding 127.0.1.0")
        self.assertEqual(client.exchange(4000, source="127.0.1.0", half_close=False).data, b"")
        self.assertEqual(client.exchange(4000, source="127.0.1.1").data, b"hello\n")

    def test_a_mapped_client_is_the_same_host(self):
        """Row S8: over a dual-stack sensor first, then over IPv4."""
        subject = self.started(USHERD, defaults() + service(**BOTH) + sensor(flags="SENSOR"))
        client.exchange(4001, source="127.0.0.5")
        subject.wait_for_message("Adding ::ffff:127.0.0.5")
        self.assertEqual(client.exchange(4000, source="127.0.0.5", half_close=False).data, b"")

    def test_datagrams_touch_it_too_and_are_refused_inside_the_daemon(self):
        trap = sensor(socket_type="dgram", protocol="udp", wait="yes")
        echo = internal("echo", "dgram", port=4002, flags="IPv4")
        subject = self.started(USHERD, defaults() + trap + echo)
        self.assertEqual(client.ask(4002, b"x", source="127.0.0.5"), b"x")
        self.assertIsNone(client.ask(4001, b"x", source="127.0.0.5", seconds=0.2))
        subject.wait_for_message("Adding 127.0.0.5")
        self.assertIsNone(client.ask(4002, b"x", source="127.0.0.5", seconds=0.2))
        self.assertEqual(client.ask(4002, b"x", source="127.0.0.6"), b"x")
