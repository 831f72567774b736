# SPDX-License-Identifier: BSD-2-Clause
#
# redirect to a host that is a name: looked up again when its time is over, by a name server whose
# answers change; and what the sockets of a relay are like.

import re
import socket
import subprocess

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, on, wait
from harness.config import defaults, internal, service
from harness.dns import DnsServer

HOST = "target.example.test"
A = (HOST, "A")
TO_NAME = {"server": None, "server_args": None, "redirect": f"{HOST} 4100"}
TARGETS = "".join(service(name, port=4100, bind=f"127.0.0.{number}", server_args=name)
                  for number, name in ((12, "two"), (13, "three")))


def redirected(**attributes):
    return service(**(TO_NAME | attributes))


class Names(IntegrationCase):
    def started_with(self, addresses, ttl=1, **attributes):
        self.dns = DnsServer({A: addresses}, ttl)
        self.addCleanup(self.dns.close)
        return self.started(USHERD, defaults() + TARGETS + redirected(**attributes))

    def reached(self):
        return client.exchange(4000).data.decode().strip()

    def asked(self):
        return self.dns.questions.count(A)

    def test_a_changed_address_is_used_when_the_time_of_the_old_one_is_over(self):
        """xinetd looks the name up once, when it reads its configuration."""
        self.started_with(["127.0.0.12"])
        self.assertEqual(self.reached(), "two")
        self.dns.table[A] = ["127.0.0.13"]
        wait.wait_until(lambda: self.reached() == "three", "the new address is used")

    def test_as_long_as_it_lasts_an_answer_is_used_again(self):
        self.started_with(["127.0.0.12"], ttl=300)
        self.assertEqual(self.reached(), "two")
        asked = self.asked()
        self.dns.table[A] = ["127.0.0.13"]
        self.assertEqual([self.reached() for _ in range(5)], ["two"] * 5)
        self.assertEqual(self.asked(), asked)

    def test_a_reload_asks_anew(self):
        subject = self.started_with(["127.0.0.12"], ttl=300)
        self.assertEqual(self.reached(), "two")
        self.dns.table[A] = ["127.0.0.13"]
        subject.reload()
        self.assertEqual(self.reached(), "three")

    def test_the_last_good_answer_counts_when_there_is_none(self):
        self.started_with(["127.0.0.12"])
        self.assertEqual(self.reached(), "two")
        for silence in ("silence", []):
            self.dns.table[A] = silence
            asked = self.asked()
            wait.wait_until(lambda: self.reached() == "two" and self.asked() > asked,
                            "it is asked again, and the old address is used")

    def test_a_server_that_never_answers_delays_a_client_for_a_bounded_time_only(self):
        """The address from when the configuration was read is there to fall back on."""
        self.started_with(["127.0.0.12"])
        self.dns.table[A] = "silence"
        self.assertEqual(self.reached(), "two")

    def test_other_clients_do_not_wait_for_a_name(self):
        subject = self.started_with(["127.0.0.12"])
        self.dns.table[A] = "silence"
        with client.connect(4000) as waiting:
            subject.wait_for_record("START: a")
            self.assertEqual(client.exchange(4100, host="127.0.0.13").data, b"three\n")
            self.assertEqual(client.read_all(waiting).data, b"two\n")

    def test_the_next_address_is_tried_when_one_refuses(self):
        self.started_with(["127.0.0.19", "127.0.0.13"])
        self.assertEqual(self.reached(), "three")

    def test_the_hosts_file_comes_first(self):
        with open("/etc/hosts", "a") as hosts:
            hosts.write(f"127.0.0.13 other {HOST}\n")
        try:
            self.started_with(["127.0.0.12"])
            self.assertEqual(self.reached(), "three")
        finally:
            with open("/etc/hosts", "w") as hosts:
                hosts.write(harness.sandbox.HOSTS)

    @on(XINETD, USHERD)
    def test_a_name_that_does_not_resolve_at_the_start_drops_the_service(self, kind):
        subject = self.started(kind, defaults() + TARGETS
                               + redirected(redirect="nowhere.example.test 4100"))
        subject.wait_for_message("Started working: 2 available services")
        self.assertEqual(client.exchange(4000).ending, "refused")


class Sockets(IntegrationCase):
    def timers(self, kind, flags):
        """Of both connections of a relay: has it a keepalive timer?"""
        text = (defaults() + internal("echo", port=4100)
                + redirected(redirect="127.0.0.1 4100", flags=flags))
        subject = self.started(kind, text)
        with client.connect(4000) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
            connection.sendall(b"x")
            client.read_some(connection, 1)
            found = {}
            for end, condition in (("client", "( sport = :4000 )"), ("host", "( dport = :4100 )")):
                lines = subprocess.run([self.tool("ss"), "-Htno", "state", "established",
                                        condition], capture_output=True, text=True).stdout
                found[end] = bool(re.search(r"timer:\(keepalive", lines))
            subject.stop()
        return found

    @on(XINETD, USHERD)
    def test_keepalive_holds_for_both_sockets(self, kind):
        self.assertEqual(self.timers(kind, "KEEPALIVE"), {"client": True, "host": True})

    @on(XINETD, USHERD)
    def test_without_the_flag_neither_has_it(self, kind):
        self.assertEqual(self.timers(kind, None), {"client": False, "host": False})
