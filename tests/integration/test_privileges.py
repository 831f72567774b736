# SPDX-License-Identifier: BSD-2-Clause
#
# What a daemon of root's may do, and what its handlers may.

import pathlib

import harness  # noqa: F401  (enters the sandbox)
from harness import client, probe, processes
from harness.case import USHERD, XINETD, IntegrationCase, on
from harness.config import defaults, service

# Numbers of linux/capability.h.
CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, NET_BIND_SERVICE = 0, 1, 3, 5, 6, 7, 10
NET_ADMIN, NET_RAW, SYS_NICE, SYS_RESOURCE = 12, 13, 23, 24
KEPT = sum(1 << number for number in (CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID,
                                      NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_NICE, SYS_RESOURCE))
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def capabilities(status):
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return {name: int(lines[name], 16) for name in SETS}


class Privileges(IntegrationCase):
    @on(USHERD)
    def test_every_thread_keeps_what_services_take_and_no_more(self, kind):
        subject = self.started(kind, defaults() + service())
        client.exchange(4000)
        own = capabilities(pathlib.Path("/proc/self/status"))
        threads = list(pathlib.Path(f"/proc/{subject.pid}/task").iterdir())
        self.assertGreater(len(threads), 1)
        for thread in threads:
            has = capabilities(thread / "status")
            self.assertEqual(has["CapEff"], own["CapEff"] & KEPT)
            self.assertEqual(has["CapPrm"], own["CapPrm"] & KEPT)
            self.assertEqual(has["CapBnd"], own["CapBnd"])

    def test_handlers_of_root_have_what_root_has(self):
        probe.install(self)

        def scenario(_):
            seen = probe.parse(client.exchange(4000).data)
            return {name: seen.status[name].split() for name in SETS}
        self.compare(defaults() + service(server=probe.PATH, server_args=None), scenario)

    @on(USHERD)
    def test_a_reload_may_bring_a_port_below_1024_another_user_and_a_better_nice(self, kind):
        probe.install(self)
        subject = self.started(kind, defaults() + service())
        subject.configure(defaults() + service(port=80, user="nobody", nice=-5, server=probe.PATH,
                                               server_args=None))
        subject.reload()
        seen = probe.parse(client.exchange(80).data)
        self.assertEqual(seen.ids[0], (65534, 65534, 65534))
        self.assertEqual([port for _, _, port in processes.listening()], [80])

    @on(XINETD, USHERD)
    def test_a_service_may_have_a_raw_socket(self, kind):
        subject = self.started(kind, defaults() + service(socket_type="raw", protocol="icmp",
                                                          wait="yes", flags="IPv4"))
        self.assertEqual([text for text in subject.message_texts("ERROR")], [])
        opened = pathlib.Path("/proc/net/raw").read_text().splitlines()
        self.assertEqual(len(opened), 2, opened)
