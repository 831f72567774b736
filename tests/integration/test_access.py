# SPDX-License-Identifier: BSD-2-Clause
#
# Who may come in: address lists, times, load, instances, per_source, -limit. Each refusal has one
# reason and, in usherd, one line.

import re

import harness  # noqa: F401  (enters the sandbox)
from harness import client, logs
from harness.case import USHERD, XINETD, IntegrationCase, not_wrapped, on
from harness.config import another_time, defaults, service

CAT = {"server": "/bin/cat", "server_args": None}
SOURCES = ("127.0.0.1", "127.0.0.5", "127.0.0.6", "127.0.0.127", "127.0.0.128", "127.0.3.9",
           "127.0.4.1", "127.0.5.1", "192.0.2.1", "::1", "2001:db8::1")
# Lists that mean the same to both daemons: (only_from, no_access).
SAME = [("127.0.0.5", None), ("127.0.0.0", None), ("127.0.0.0", "127.0.0.5"),
        ("127.0.0.5", "127.0.0.0"), ("127.0.{3,4}", None), ("127.0.0.{5,6}", None),
        ("127.0.0.128/25", None), ("127.0.0.5/24", None), ("", None), (None, ""),
        ("0.0.0.0", None), ("0", None), ("0.0.0.0/0", None), ("::/0", None), ("::1", None),
        ("::", None), ("2001:db8::/32", None), ("::ffff:127.0.0.5", None),
        ("::ffff:127.0.0.0/104", None), ("127/8", None), ("127.1", None), ("0x7f.1", None),
        ("127.0.0.0/255.0.0.0", None), (None, "127.0.0.0"), (None, "127.0.0.5 ::1"),
        (None, "::/0"), (None, "0.0.0.0"), ("127.0.0.1 192.0.2.0", "127.0.0.1"),
        ("nosuch.invalid", None), ("127.0.0.5 nosuch.invalid", None), ("127.0.0.0/8", "::1"),
        ("127.0.0.5/32 ::1/127", None), ("10.0.0.0 192.0.2.1", None)]


def served(port, host, source):
    return client.exchange(port, b"x", host, source).data == b"x"


class AddressLists(IntegrationCase):
    def admitted(self, configuration, port_count, bind=False):
        """For each service the sources that are served, the same in both daemons."""
        def scenario(_):
            found = []
            for number in range(port_count):
                found.append([source for source in SOURCES if not (bind and ":" in source)
                              and served(4000 + number, "::1" if ":" in source else "127.0.0.1",
                                         source)])
            return found
        return self.compare(configuration, scenario)

    def services(self, rows, **more):
        return "".join(service(f"s{number}", **CAT, port=4000 + number, only_from=only_from,
                               no_access=no_access, cps="0 0", **more)
                       for number, (only_from, no_access) in enumerate(rows))

    def test_lists_admit_whom_xinetd_admits_on_dual_stack_sockets(self):
        seen = self.admitted(defaults(log_on_success="") + self.services(SAME), len(SAME))
        self.assertEqual(seen[0], ["127.0.0.5"])
        self.assertEqual(seen[1], list(SOURCES[:8]))
        self.assertEqual(seen[2], [source for source in SOURCES[:8] if source != "127.0.0.5"])
        self.assertEqual(seen[3], [])
        self.assertEqual(seen[4], ["127.0.3.9", "127.0.4.1"])
        self.assertEqual(seen[6], ["127.0.0.128"])
        self.assertEqual(seen[8], [])
        self.assertEqual(seen[13], list(SOURCES))
        self.assertEqual(seen[15], [])

    def test_lists_admit_whom_xinetd_admits_on_ipv4_sockets(self):
        rows = [row for row in SAME if row != ("::/0", None)]
        self.admitted(defaults(log_on_success="") + self.services(rows, bind="0.0.0.0"),
                      len(rows), bind=True)

    def test_operators_work_on_the_lists_of_defaults(self):
        text = defaults(only_from="127.0.0.5 127.0.3.0", no_access="127.0.0.6",
                        log_on_success="")
        for number, lists in enumerate((
                {}, {"only_from +": "127.0.0.6"}, {"only_from -": "127.0.0.5"},
                {"only_from": "127.0.0.1"}, {"only_from -": ["127.0.0.5", "127.0.3.0"]},
                {"no_access -": "127.0.0.6", "only_from +": "127.0.0.6 127.0.5.1"},
                {"only_from -": "127.0.3.0/24"}, {"no_access": "127.0.3.0"})):
            text += service(f"s{number}", **CAT, port=4000 + number, cps="0 0", **lists)
        seen = self.admitted(text, 8)
        self.assertEqual(seen[0], ["127.0.0.5", "127.0.3.9"])
        self.assertEqual(seen[1], seen[0])
        self.assertEqual(seen[2], ["127.0.3.9"])
        self.assertEqual(seen[4], [])
        self.assertEqual(seen[5], ["127.0.0.5", "127.0.0.6", "127.0.3.9", "127.0.5.1"])

    def test_a_match_in_both_lists_refuses_and_says_so(self):
        def scenario(subject):
            data = client.exchange(4000, source="127.0.0.5").data
            return data, subject.wait_for_message("match equally")
        seen = self.compare(defaults() + service(only_from="127.0.0.0/8", no_access="127.0.0.5"),
                            scenario)
        self.assertEqual(seen, (b"", ["Service=a: only_from list and no_access list match equally "
                                      "the address ::ffff:127.0.0.5"]))

    def test_access_match_closest_goes_by_the_longer_match(self):
        rows = [("127.0.0.5", "127.0.0.0"), ("127.0.0.0", "127.0.0.5"),
                ("127.0.0.0/24", "127.0.0.0/24"), ("127.0.0.0/8 127.0.0.5", "127.0.0.0/24")]
        text = "".join(service(f"s{number}", **CAT, port=4000 + number, only_from=only_from,
                               no_access=no_access, access_match="closest")
                       for number, (only_from, no_access) in enumerate(rows))
        self.started(USHERD, defaults() + text)
        seen = [[source for source in SOURCES[:6] if served(4000 + number, "127.0.0.1", source)]
                for number in range(len(rows))]
        self.assertEqual(seen, [["127.0.0.5"],
                                ["127.0.0.1", "127.0.0.6", "127.0.0.127", "127.0.0.128",
                                 "127.0.3.9"], [],
                                ["127.0.0.5", "127.0.3.9"]])


class Reasons(IntegrationCase):
    """What a refusal leaves in the log, and what its client sees."""

    def refusal(self, configuration, *options, hold=0, source=None, translate=None):
        """Holds `hold` connections open, then comes once more: the reply and the records."""
        def scenario(subject):
            held = [client.connect(4000) for _ in range(hold)]
            for connection in held:
                connection.sendall(b"x")
                client.read_some(connection, 1)
            if hold:
                subject.wait_for_records(hold)
            reply = client.exchange(4000, source=source)
            subject.wait_for_record("FAIL: a")
            for connection in held:
                connection.close()
            subject.wait_idle()
            if held:
                subject.wait_for_record("EXIT: a", len(held))
            return reply, [logs.normalised(line) for line in subject.records()]
        return self.compare(configuration, scenario, *options, translate=translate)

    def check(self, reason, *arguments, held=0, **keywords):
        reply, records = self.refusal(*arguments, hold=held, **keywords)
        self.assertEqual(reply, client.Reply(b"", "eof"))
        self.assertEqual([line for line in records if line.startswith("FAIL")],
                         [f"FAIL: a {reason} from=::ffff:127.0.0.1"])
        self.assertEqual(len(records), 1 + 2 * held)

    def test_load(self):
        self.check("load", defaults() + service(max_load="-1"))

    def test_load_says_so_in_the_daemons_log(self):
        def scenario(subject):
            client.exchange(4000)
            return subject.wait_for_message("excessive load")
        self.assertEqual(self.compare(defaults(max_load="-1") + service(), scenario),
                         ["refused connect from ::ffff:127.0.0.1 due to excessive load"])

    def test_time(self):
        self.check("time", defaults() + service(access_times=another_time()))

    def test_service_limit(self):
        self.check("service_limit", defaults() + service(**CAT, instances=2), held=2)

    def test_service_limit_of_defaults(self):
        self.check("service_limit", defaults(instances=1) + service(**CAT), held=1)

    def test_no_instances_at_all(self):
        self.check("service_limit", defaults() + service(instances=0))

    def test_per_source_limit(self):
        self.check("per_source_limit", defaults() + service(**CAT, per_source=2), held=2)

    def test_per_source_of_zero(self):
        self.check("per_source_limit", defaults() + service(per_source=0))

    def test_process_limit(self):
        self.check("process_limit", defaults() + service(**CAT), "-limit", "2", held=2)

    def test_process_limit_counts_the_handlers_of_all_services(self):
        def scenario(subject):
            with client.connect(4000) as first:
                first.sendall(b"x")
                client.read_some(first, 1)
                subject.wait_for_record("START: a")
                reply = client.exchange(4001)
                subject.wait_for_record("FAIL: b")
            subject.wait_for_record("EXIT: a")
            again = client.exchange(4001, b"x")
            subject.wait_for_record("EXIT: b")
            return reply, again, [logs.normalised(line) for line in subject.records()]
        text = defaults() + service(**CAT) + service("b", **CAT, port=4001)
        reply, again, records = self.compare(text, scenario, "-limit", "1")
        self.assertEqual((reply.data, again.data), (b"", b"x"))
        self.assertEqual(records[1], "FAIL: b process_limit from=::ffff:127.0.0.1")

    def test_address(self):
        """xinetd has made a process by then and logs START and EXIT too (D10)."""
        def translate(seen):
            return seen[0], logs.decided_early(seen[1])
        self.check("address", defaults() + service(no_access="127.0.0.1"), translate=translate)

    @not_wrapped("connections take a second each")
    def test_connections_per_second(self):
        self.check("connections per second", defaults() + service(**CAT, cps="2 30"), held=2)

    @on(XINETD, USHERD)
    def test_the_order_of_checks_is_that_of_xinetd(self, kind):
        """Each service fails two neighbouring checks; the earlier one is the reason."""
        wrong = {"max_load": "-1", "access_times": another_time(), "instances": 0,
                 "per_source": 0, "no_access": "0.0.0.0"}
        names = list(wrong)
        text = "".join(service(f"s{number}", port=4000 + number, bind="127.0.0.1",
                               **{name: wrong[name] for name in names[number:number + 2]})
                       for number in range(4))
        subject = self.started(kind, defaults(log_on_success="") + text)
        for number in range(4):
            client.exchange(4000 + number)
        found = [re.sub(r" from=.*", "", line) for line in subject.wait_for_records(4)]
        self.assertEqual(found, ["FAIL: s0 load", "FAIL: s1 time", "FAIL: s2 service_limit",
                                 "FAIL: s3 per_source_limit"])

    @on(XINETD, USHERD)
    def test_log_on_failure_decides_what_the_line_has(self, kind):
        flags = ["HOST", "ATTEMPT", "", "HOST ATTEMPT"]
        text = "".join(service(f"s{number}", port=4000 + number, instances=0, log_on_failure=flag)
                       for number, flag in enumerate(flags))
        subject = self.started(kind, defaults() + text)
        for number in range(len(flags)):
            self.assertEqual(client.exchange(4000 + number), client.Reply(b"", "eof"))
        self.assertEqual(subject.wait_for_records(3),
                         ["FAIL: s0 service_limit from=::ffff:127.0.0.1", "FAIL: s1 service_limit",
                          "FAIL: s3 service_limit from=::ffff:127.0.0.1"])

    @on(USHERD)
    def test_a_refused_client_never_makes_a_process(self, kind):
        """xinetd forks first; process ids are given in order, so none may be missing."""
        subject = self.started(kind, defaults() + service(no_access="127.0.0.5"))
        client.exchange(4000)
        for _ in range(20):
            client.exchange(4000, source="127.0.0.5")
        client.exchange(4000)
        subject.wait_for_record("EXIT: a", 2)
        pids = [int(line.split("pid=")[1].split()[0]) for line in subject.records()
                if line.startswith("START")]
        self.assertEqual(pids[1], pids[0] + 1)
        self.assertEqual(len([line for line in subject.records() if line.startswith("FAIL")]), 20)


class PerSource(IntegrationCase):
    @on(XINETD, USHERD)
    def test_each_address_has_its_own_allowance_and_gets_it_back(self, kind):
        subject = self.started(kind, defaults() + service(**CAT, per_source=1))
        with client.connect(4000, source="127.0.0.2") as held:
            held.sendall(b"x")
            client.read_some(held, 1)
            self.assertFalse(served(4000, "127.0.0.1", "127.0.0.2"))
            self.assertTrue(served(4000, "127.0.0.1", "127.0.0.3"))
            self.assertTrue(served(4000, "::1", "::1"))
        subject.wait_for_record("EXIT: a", 3)
        self.assertTrue(served(4000, "127.0.0.1", "127.0.0.2"))
        self.assertEqual(len([line for line in subject.records() if "per_source_limit" in line]),
                         1)


class Queue(IntegrationCase):
    def test_limit_action_queue_lets_the_next_client_wait(self):
        subject = self.started(USHERD, defaults() + service(**CAT, instances=1,
                                                            limit_action="queue"))
        first = client.connect(4000)
        first.sendall(b"1")
        self.assertEqual(client.read_some(first, 1), b"1")
        second = client.connect(4000)
        second.sendall(b"2")
        self.assertEqual(client.read_all_within(second, 0.2), client.Reply(b"", "open"))
        self.assertEqual(len(subject.handlers()), 1)
        first.close()
        self.assertEqual(client.read_some(second, 1), b"2")
        second.close()
        subject.wait_for_record("EXIT: a", 2)
        self.assertEqual([line for line in subject.records() if line.startswith("FAIL")], [])

