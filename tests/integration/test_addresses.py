# SPDX-License-Identifier: BSD-2-Clause
#
# Where services listen: families, bind, v6only, dual stack, `listen`, ports.

import os
import pathlib
import socket

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, on, processes
from harness.config import defaults, internal, service

TARGETS = ("127.0.0.1", "127.0.0.2", "192.0.2.1", "::1", "2001:db8::1")


def reachable(port):
    return [host for host in TARGETS if client.exchange(port, host=host).data == b"hello\n"]


class Families(IntegrationCase):
    def test_bind_and_flags_choose_the_family_as_in_xinetd(self):
        rows = [{}, {"flags": "IPv4"}, {"flags": "IPv6"}, {"flags": "IPv4 IPv6"},
                {"bind": "127.0.0.1"}, {"bind": "::1"}, {"bind": "0.0.0.0"}, {"bind": "::"},
                {"interface": "192.0.2.1"}, {"bind": "2001:db8::1"}, {"v6only": "yes"},
                {"bind": "five.example.test"}, {"bind": "127.0.0.2", "flags": "IPv4"},
                {"bind": "::1", "v6only": "yes"}, {"bind": "198.51.100.1"}]
        text = defaults() + "".join(service(f"s{number}", port=4000 + number, **row)
                                    for number, row in enumerate(rows))

        def scenario(_):
            return [reachable(4000 + number) for number in range(len(rows))], sorted(
                processes.listening())
        seen, _ = self.compare(text, scenario)
        self.assertEqual(seen[0], list(TARGETS))
        self.assertEqual(seen[4], ["127.0.0.1"])
        self.assertEqual(seen[6], ["127.0.0.1", "127.0.0.2", "192.0.2.1"])
        self.assertEqual(seen[10], ["::1", "2001:db8::1"])
        self.assertEqual(seen[14], [])

    def test_clients_are_logged_with_the_address_that_xinetd_logs(self):
        def scenario(subject):
            for port, host, source in ((4000, "127.0.0.1", "127.0.0.7"), (4000, "::1", "::1"),
                                       (4000, "2001:db8::1", "2001:db8::1"),
                                       (4001, "127.0.0.1", "127.0.0.7")):
                client.exchange(port, host=host, source=source)
                subject.wait_idle()
            return [line.split("from=")[1] for line in subject.records() if "from=" in line]
        text = defaults() + service() + service("b", port=4001, bind="127.0.0.1")
        self.assertEqual(self.compare(text, scenario), ["::ffff:127.0.0.7", "::1", "2001:db8::1",
                                                        "127.0.0.7"])

    def test_an_ipv4_client_of_a_dual_stack_service_is_an_ipv4_peer_to_the_handler(self):
        script = pathlib.Path("/tmp/home/peer.py")
        script.write_text("import socket\ns = socket.socket(fileno=0)\n"
                          "s.sendall(repr((int(s.family), s.getpeername()[0])).encode())\n")
        script.chmod(0o755)
        text = defaults() + service(server="/usr/bin/python3", server_args=f"-I -S {script}")

        def scenario(_):
            # No half-close: the kernel turns only an established connection into an IPv4 one.
            return [client.exchange(4000, host=host, half_close=False).data
                    for host in ("127.0.0.1", "::1")]
        self.assertEqual(self.compare(text, scenario), [b"(2, '127.0.0.1')", b"(10, '::1')"])

    @on(USHERD)
    def test_bind_and_a_contradicting_flag_drop_the_service(self, kind):
        """xinetd listens on every address (S1)."""
        subject = self.started(kind, defaults() + service(bind="127.0.0.1", flags="IPv6")
                               + service("b", bind="::1", flags="IPv4", port=4001)
                               + service("c", port=4002))
        self.assertEqual({port for _, _, port in processes.listening()}, {4002})
        self.assertIn("Started working: 1 available service", subject.message_texts())

    @on(USHERD)
    def test_v6only_no_means_no_and_defaults_count(self, kind):
        """In xinetd `no` means yes, and `defaults` do nothing to the socket (S14)."""
        self.started(kind, defaults(v6only="yes") + service()
                     + service("b", port=4001, v6only="no"))
        self.assertEqual(reachable(4000), ["::1", "2001:db8::1"])
        self.assertEqual(reachable(4001), list(TARGETS))

    @on(XINETD, USHERD)
    def test_two_services_share_a_port_on_different_addresses(self, kind):
        self.started(kind, defaults() + service(bind="127.0.0.1", server_args="one")
                     + service("b", bind="127.0.0.2", server_args="two")
                     + service("c", bind="::1", server_args="three"))
        self.assertEqual([client.exchange(4000, host=host).data for host in TARGETS[:2]],
                         [b"one\n", b"two\n"])
        self.assertEqual(client.exchange(4000, host="::1").data, b"three\n")

    @on(XINETD, USHERD)
    def test_a_datagram_service_answers_from_the_address_that_was_asked(self, kind):
        self.started(kind, defaults() + internal("echo", "dgram", port=4000, bind="127.0.0.2"))
        with client.datagram_socket() as asker:
            asker.connect(("127.0.0.2", 4000))
            asker.send(b"x")
            asker.settimeout(5)
            self.assertEqual(asker.recv(10), b"x")

    @on(USHERD)
    def test_a_wildcard_datagram_service_does_so_too(self, kind):
        """A connected client hears only the address it asked."""
        self.started(kind, defaults() + internal("echo", "dgram", port=4000))
        for host in ("127.0.0.3", "192.0.2.1", "::1", "2001:db8::1"):
            with client.datagram_socket(host) as asker:
                asker.connect((host, 4000))
                asker.send(b"x")
                asker.settimeout(5)
                self.assertEqual(asker.recv(10), b"x")

    @on(XINETD, USHERD)
    def test_port_zero_lets_the_kernel_choose(self, kind):
        self.started(kind, defaults() + service(port=0, bind="127.0.0.1"))
        ((protocol, address, port),) = processes.listening()
        self.assertEqual((protocol, address), ("tcp", "127.0.0.1"))
        self.assertEqual(client.exchange(port).data, b"hello\n")

    @on(XINETD, USHERD)
    def test_nodelay_and_keepalive_reach_the_connection(self, kind):
        script = pathlib.Path("/tmp/home/options.py")
        script.write_text(
            "import socket as m\ns = m.socket(fileno=0)\n"
            "print(s.getsockopt(m.IPPROTO_TCP, m.TCP_NODELAY) != 0,"
            " s.getsockopt(m.SOL_SOCKET, m.SO_KEEPALIVE) != 0, flush=True)\n")
        with_python = {"server": "/usr/bin/python3", "server_args": f"-I -S {script}"}
        self.started(kind, defaults() + service(**with_python)
                     + service("b", **with_python, port=4001, flags="NODELAY KEEPALIVE"))
        self.assertEqual(client.exchange(4000).data, b"False False\n")
        self.assertEqual(client.exchange(4001).data, b"True True\n")


class Listen(IntegrationCase):
    """The extra attribute `listen`, in place of bind and port."""

    def listening_with(self, value, **more):
        self.started(USHERD, defaults() + service(port=None, listen=value, **more))
        return processes.listening()

    def test_several_endpoints_are_one_service(self):
        bound = self.listening_with("127.0.0.1:4000 [::1]:4001 4002 *:4003", instances=1,
                                    server="/bin/cat", server_args=None)
        self.assertEqual(bound, {("tcp", "127.0.0.1", 4000), ("tcp", "::1", 4001),
                                 ("tcp", "::", 4002), ("tcp", "0.0.0.0", 4003)})
        with client.connect(4000) as held:
            held.sendall(b"x")
            self.assertEqual(client.read_some(held, 1), b"x")
            for port, host in ((4001, "::1"), (4002, "127.0.0.1"), (4003, "127.0.0.1")):
                self.assertEqual(client.exchange(port, b"", host), client.Reply(b"", "eof"),
                                 "the limit is the service's, not the socket's")

    def test_datagram_endpoints(self):
        self.started(USHERD, defaults() + internal(
            "echo", "dgram", listen="127.0.0.1:4000 [::1]:4001"))
        self.assertEqual(processes.listening(), {("udp", "127.0.0.1", 4000),
                                                 ("udp", "::1", 4001)})
        self.assertEqual(client.ask(4000, b"x"), b"x")
        self.assertEqual(client.ask(4001, b"y", "::1"), b"y")

    def test_lines_add_up(self):
        text = defaults() + service(port=None, listen="127.0.0.1:4000",
                                    **{"listen +": "127.0.0.2:4000"})
        self.started(USHERD, text)
        self.assertEqual({address for _, address, _ in processes.listening()},
                         {"127.0.0.1", "127.0.0.2"})

    def test_port_offset_moves_every_port(self):
        text = defaults() + service(listen="127.0.0.1:4000", port=None)
        text += service("b", port=4001) + internal("echo", "dgram", port=4002)
        self.started(USHERD, text, "--port-offset", "1000")
        self.assertEqual({(protocol, port) for protocol, _, port in processes.listening()},
                         {("tcp", 5000), ("tcp", 5001), ("udp", 5002)})
        self.assertEqual(client.exchange(5001).data, b"hello\n")

    def test_freebind_listens_on_an_address_that_is_not_there_yet(self):
        text = defaults() + service(bind="198.51.100.7", freebind="yes")
        text += service("b", bind="198.51.100.7", port=4001)
        subject = self.started(USHERD, text)
        self.assertEqual(processes.listening(), {("tcp", "198.51.100.7", 4000)})
        self.assertTrue(any("bind failed" in line and "service = b" in line
                            for line in subject.message_texts("ERROR")), subject.story())
        self.assertTrue(any("Cannot assign requested address (errno = 99)" in line
                            for line in subject.message_texts("ERROR")), subject.story())
        os.system("ip addr add 198.51.100.7/32 dev lo")
        self.addCleanup(os.system, "ip addr del 198.51.100.7/32 dev lo")
        self.assertEqual(client.exchange(4000, host="198.51.100.7").data, b"hello\n")

    def test_backlog_bounds_the_queue(self):
        """Of a service that accepts nobody: the kernel completes backlog + 1 connections."""
        text = defaults() + service(backlog=2, limit_action="queue", instances=1,
                                    server="/bin/cat", server_args=None)
        self.started(USHERD, text)
        held = [client.connect(4000)]
        held[0].sendall(b"x")
        client.read_some(held[0], 1)
        for _ in range(8):
            waiting = socket.socket()
            waiting.settimeout(0.3)
            held.append(waiting)
            try:
                waiting.connect(("127.0.0.1", 4000))
            except TimeoutError:
                break
        else:
            self.fail("eight clients wait in a backlog of two")
        self.assertLessEqual(len(held), 6)
        for connection in held:
            connection.close()
