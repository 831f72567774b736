# SPDX-License-Identifier: BSD-2-Clause
#
# What a daemon of root's may do, and what its handlers may.

import pathlib
import shutil

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

    def seen_with(self, *options, **attributes):
        probe.install(self)
        subject = self.started(USHERD, defaults() + service(server=probe.PATH, server_args=None,
                                                            **attributes), *options)
        return subject, probe.parse(client.exchange(4000).data).status

    def test_a_handler_with_no_new_privs_gains_none_and_has_what_the_daemon_kept(self):
        subject, seen = self.seen_with(no_new_privs="yes")
        own = capabilities(pathlib.Path("/proc/self/status"))
        self.assertEqual(seen["NoNewPrivs"].strip(), "1")
        self.assertEqual(int(seen["CapPrm"], 16), own["CapPrm"] & KEPT)
        self.assertIn("NoNewPrivs:\t0\n",
                      pathlib.Path(f"/proc/{subject.pid}/status").read_text())

    def test_a_set_user_id_program_gives_nothing_with_no_new_privs(self):
        program = pathlib.Path("/tmp/home/id")
        shutil.copy("/usr/bin/id", program)
        program.chmod(0o4755)
        ids = service("own", user="nobody", server=program, server_args="-u")
        ids += service("given", port=4001, user="nobody", server=program, server_args="-u",
                       no_new_privs="yes")
        self.started(USHERD, defaults() + ids)
        self.assertEqual(client.exchange(4000).data, b"0\n")
        self.assertEqual(client.exchange(4001).data, b"65534\n")

    def test_the_option_is_for_the_daemon_all_its_threads_and_every_handler(self):
        subject, seen = self.seen_with("--no-new-privs")
        self.assertEqual(seen["NoNewPrivs"].strip(), "1")
        for thread in pathlib.Path(f"/proc/{subject.pid}/task").iterdir():
            self.assertIn("NoNewPrivs:\t1\n", (thread / "status").read_text())

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
