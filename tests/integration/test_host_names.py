# SPDX-License-Identifier: BSD-2-Clause
#
# Rules with host names and domains: names from the hosts file and from a DNS server, confirmed
# forward, asked for only when a rule needs them, and never in anybody's way.

import time

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, IntegrationCase, not_wrapped, wait
from harness.config import defaults, internal, service
from harness.dns import DnsServer, reverse

CAT = {"server": "/bin/cat", "server_args": None, "cps": "0 0"}
# The harness's hosts file: .5 five.example.test five, .6 six.example.test, .7 notexample.test,
# .8 eight.sub.example.test; .9 has no name.
SOURCES = [f"127.0.0.{number}" for number in range(5, 10)]


def served(port, source, host="127.0.0.1"):
    return client.exchange(port, b"x", host, source).data == b"x"


class HostsFile(IntegrationCase):
    RULES = [("five.example.test", None), ("FIVE.Example.Test", None), ("five", None),
             (".example.test", None), (".EXAMPLE.test", None), (".sub.example.test", None),
             (None, "six.example.test"), (None, ".example.test"),
             ("127.0.0.0/8", ".sub.example.test"), ("127.0.0.9 five.example.test", None),
             (".test", "notexample.test")]

    def configuration(self, **more):
        return defaults(log_on_success="") + "".join(
            service(f"s{number}", **CAT, port=4000 + number, only_from=only_from,
                    no_access=no_access, **more)
            for number, (only_from, no_access) in enumerate(self.RULES))

    def admitted(self, _=None):
        return [[source for source in SOURCES if served(4000 + number, source)]
                for number in range(len(self.RULES))]

    EXPECTED = [["127.0.0.5"], ["127.0.0.5"], [], ["127.0.0.5", "127.0.0.6", "127.0.0.8"],
                ["127.0.0.5", "127.0.0.6", "127.0.0.8"], ["127.0.0.8"],
                ["127.0.0.5", "127.0.0.7", "127.0.0.8", "127.0.0.9"],
                ["127.0.0.7", "127.0.0.9"],
                ["127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.9"], ["127.0.0.5", "127.0.0.9"],
                ["127.0.0.5", "127.0.0.6", "127.0.0.8"]]

    def test_names_admit_whom_xinetd_admits_on_ipv4_sockets(self):
        seen = self.compare(self.configuration(bind="127.0.0.1"), self.admitted)
        self.assertEqual(seen, self.EXPECTED)

    def test_names_match_ipv4_clients_of_dual_stack_sockets_too(self):
        """In xinetd they do not when they come from the hosts file (D16)."""
        self.started(USHERD, self.configuration())
        self.assertEqual(self.admitted(), self.EXPECTED)

    def test_names_hold_for_internal_services(self):
        text = defaults() + internal("echo", port=4000, only_from="five.example.test")
        text += internal("echo", "dgram", port=4001, only_from="five.example.test")
        self.started(USHERD, text)
        self.assertTrue(served(4000, "127.0.0.5"))
        self.assertFalse(served(4000, "127.0.0.6"))
        self.assertEqual(client.ask(4001, b"x", source="127.0.0.5"), b"x")
        self.assertIsNone(client.ask(4001, b"x", source="127.0.0.6", seconds=0.2))


class Dns(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.require(USHERD)
        self.table = {
            ("good.example.org", "A"): ["127.0.1.1"],
            (reverse("127.0.1.1"), "PTR"): ["good.example.org"],
            # Says that it is good, which good denies.
            (reverse("127.0.1.2"), "PTR"): ["good.example.org"],
            (reverse("127.0.1.3"), "PTR"): ["gone.example.org"],
            (reverse("127.0.1.4"), "PTR"): "silence",
            (reverse("127.0.1.5"), "PTR"): ["slow.example.org"],
            ("slow.example.org", "A"): "silence",
            ("slow.example.org", "AAAA"): "silence",
            (reverse("2001:db8::1"), "PTR"): ["six.example.org"],
            ("six.example.org", "AAAA"): ["2001:db8::1"],
            (reverse("127.0.1.6"), "PTR"): ["Mixed.Example.ORG"],
            ("mixed.example.org", "A"): ["127.0.9.9", "127.0.1.6"],
        }
        self.server = DnsServer(self.table)
        self.addCleanup(self.server.close)

    def asked_about(self, address):
        return [name for name, _ in self.server.questions if name == reverse(address)]

    def test_a_name_counts_if_it_leads_back_to_the_address(self):
        self.started(USHERD, defaults() + service(**CAT, only_from=".example.org"))
        self.assertTrue(served(4000, "127.0.1.1"))
        self.assertTrue(served(4000, "127.0.1.6"))
        self.assertTrue(served(4000, "2001:db8::1", "::1"))

    def test_a_name_that_does_not_lead_back_is_no_name(self):
        """xinetd believes whoever controls the reverse zone (S9)."""
        subject = self.started(USHERD, defaults() + service(
            **CAT, only_from="good.example.org .example.org"))
        for source in ("127.0.1.2", "127.0.1.3", "127.0.1.99"):
            self.assertFalse(served(4000, source), source)
        self.assertEqual([line.split(" from=")[0] for line in subject.wait_for_record("FAIL", 3)],
                         ["FAIL: a address"] * 3)

    @not_wrapped("connections take a second each")
    def test_a_silent_server_delays_only_whom_it_concerns_and_not_for_ever(self):
        subject = self.started(USHERD, defaults() + service(**CAT, only_from=".example.org")
                               + service("b", **CAT, port=4001))
        parked = [client.connect(4000, source=source, seconds=60)
                  for source in ("127.0.1.4", "127.0.1.5")]
        wait.wait_until(lambda: self.asked_about("127.0.1.4"), "the question")
        began = time.monotonic()
        for _ in range(20):
            self.assertTrue(served(4001, "127.0.0.1"))
        self.assertTrue(served(4000, "127.0.1.1"))
        self.assertLess(time.monotonic() - began, 4)
        for connection in parked:
            self.assertEqual(client.read_all(connection).data, b"")
            connection.close()
        self.assertLess(time.monotonic() - began, 31)
        subject.wait_for_record("FAIL: a address", 2)

    def test_nobody_is_asked_about_unless_a_rule_needs_the_name(self):
        self.started(USHERD, defaults() + service(
            **CAT, only_from="127.0.1.1 127.0.1.2 .example.org", no_access="127.0.1.3")
            + service("b", **CAT, port=4001))
        self.assertTrue(served(4000, "127.0.1.1"))
        self.assertFalse(served(4000, "127.0.1.3"))
        self.assertTrue(served(4001, "127.0.1.6"))
        self.assertEqual(self.asked_about("127.0.1.1") + self.asked_about("127.0.1.3")
                         + self.asked_about("127.0.1.6"), [])
        self.assertFalse(served(4000, "127.0.1.99"))
        self.assertNotEqual(self.asked_about("127.0.1.99"), [])

    def test_a_name_in_no_access_refuses(self):
        self.started(USHERD, defaults() + service(**CAT, no_access="good.example.org"))
        self.assertFalse(served(4000, "127.0.1.1"))
        self.assertTrue(served(4000, "127.0.1.6"))

    def test_a_name_that_does_not_resolve_in_no_access_drops_the_service(self):
        """xinetd ignores it and admits whom it meant (S4)."""
        subject = self.started(USHERD, defaults() + service(no_access="nosuch.example.org")
                               + service("b", port=4001))
        self.assertEqual(client.exchange(4000).ending, "refused")
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        self.assertTrue(any("nosuch.example.org" in text
                            for text in subject.message_texts("ERROR")), subject.story())

    def test_clients_that_go_away_while_they_wait_leave_nothing(self):
        subject = self.started(USHERD, defaults() + service(**CAT, only_from=".example.org"))
        for _ in range(30):
            client.connect(4000, source="127.0.1.4").close()
        wait.wait_until(lambda: self.asked_about("127.0.1.4"), "the question")
        subject.wait_idle(35)
        self.assertTrue(served(4000, "127.0.1.1"))

    def test_a_reload_and_a_stop_while_clients_wait_for_their_names(self):
        subject = self.started(USHERD, defaults() + service(**CAT, only_from=".example.org"))
        parked = [client.connect(4000, source="127.0.1.4", seconds=60) for _ in range(10)]
        wait.wait_until(lambda: self.asked_about("127.0.1.4"), "the question")
        subject.configure(defaults() + service("b", port=4001))
        subject.reload()
        self.assertEqual(client.exchange(4001).data, b"hello\n")
        for connection in parked:
            self.assertEqual(client.read_all(connection).data, b"")
            connection.close()
        subject.configure(defaults() + service(**CAT, only_from=".example.org"))
        subject.reload()
        with client.connect(4000, source="127.0.1.4") as last:
            self.assertEqual(subject.stop(), 0)
            self.assertEqual(client.read_all(last).data, b"")
