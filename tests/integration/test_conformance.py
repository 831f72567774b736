# SPDX-License-Identifier: BSD-2-Clause
#
# Small configurations and which of their services come up: the same in xinetd and usherd, save the
# rows that usherd.conf(5), COMPATIBILITY, lists.

import pathlib

import harness  # noqa: F401  (enters the sandbox)
from harness import client
from harness.case import USHERD, XINETD, IntegrationCase, on, processes
from harness.config import block, defaults, service

A = 4000
B = 4001
C = 4002
SERVICE_B = service("b", port=B)
SERVICE_C = service("c", port=C)
BODY = service().split("\n", 2)[2]


def raw(*lines, name="a", port=A):
    """A service whose body ends with lines as they stand."""
    return service(name, port=port).replace("}\n", "\n".join(lines) + "\n}\n")


# Name, configuration, ports that are open.
SAME = [
    ("plain", service() + SERVICE_B, {A, B}),
    ("a brace on the header line", f"service a {{\n{BODY}" + SERVICE_B, {B}),
    ("two headers, one with a brace", f"service a {{\n{{\n{BODY}" + SERVICE_B, {A, B}),
    ("a comment after the closing brace", service().replace("}\n", "} # end\n") + SERVICE_B, set()),
    ("rubbish at the top", "junk\n" + SERVICE_B + SERVICE_C, {C}),
    ("no space before the operator", raw("nice= 3") + SERVICE_B, {B}),
    ("a wrong operator", raw("nice *= 3") + SERVICE_B, {B}),
    ("two signs of equality", raw("nice == 3") + SERVICE_B, {A, B}),
    ("no values", raw("nice =") + SERVICE_B, {A, B}),
    ("a bad value", raw("nice = x") + SERVICE_B, {B}),
    ("a bad value after disable = no", raw("disable = no", "nice = x") + SERVICE_B, {B}),
    ("an unknown attribute", raw("colour = blue", "mdns = yes") + SERVICE_B, {A, B}),
    ("a value set twice", raw("nice = 3", "nice = x") + SERVICE_B, {A, B}),
    ("lines that end with CR LF", (service() + SERVICE_B).replace("\n", "\r\n"), set()),
    ("no newline at the end", SERVICE_B + service().rstrip("\n"), {A, B}),
    ("disable = yes hides what follows", raw("disable = yes", "nice = x", "junk") + SERVICE_B,
     {B}),
    ("an entry without its closing brace", service().replace("}\n", "") + SERVICE_B + SERVICE_C,
     {C}),
    ("the file ends inside an entry", SERVICE_B + service().replace("}\n", ""), {B}),
    ("a header without a name", service().replace("service a", "service") + SERVICE_B, {B}),
    ("no opening brace", service().replace("{\n", "") + SERVICE_B, {B}),
    ("upper case key words", service().replace("service a", "SERVICE a").replace("type", "TYPE")
     .replace("UNLISTED", "unlisted").replace("= no", "= NO") + SERVICE_B, {A, B}),
    ("comments everywhere", "# x\n" + service().replace("{\n", "\t# y\n\n{\n # z }\n") + SERVICE_B,
     {A, B}),
    ("words after the header", service().replace("service a", "service a b c") + SERVICE_B,
     {A, B}),
    ("white space before braces", service().replace("}", " \t }").replace("{", "\t{ ")
     + SERVICE_B, {A, B}),
    ("a vertical tab before a key word", "\v" + service() + SERVICE_B, {B}),
    ("enabled lists one", defaults(enabled="b") + service() + SERVICE_B, {B}),
    ("enabled is empty", defaults(enabled="") + service() + SERVICE_B, set()),
    ("disabled lists one, in another case", defaults(disabled="A") + service() + SERVICE_B, {B}),
    ("disabled wins over enabled", defaults(enabled="a b", disabled="a") + service() + SERVICE_B,
     {B}),
    ("enabled does not undo disable", defaults(enabled="a b") + service(disable="yes") + SERVICE_B,
     {B}),
    ("an id twice", service(id="x") + service("b", id="x", port=B), {A, B}),
    ("two services on one address", service(bind="127.0.0.1", port=A)
     + service("b", bind="127.0.0.1", port=A) + SERVICE_B, {A, B}),
    ("a service without type", service(type=None) + SERVICE_B, {B}),
    ("a listed service on another port", service("echo", type=None) + SERVICE_B, {B}),
    ("an unknown type", service(type="UNLISTED FUNNY") + SERVICE_B, {B}),
    ("an unknown flag", service(flags="REUSE FUNNY") + SERVICE_B, {B}),
    ("all harmless flags", service(flags="REUSE NODELAY KEEPALIVE NOLIBWRAP NORETRY IPv6"),
     {A}),
    ("a protocol that does not fit", service(protocol="udp") + SERVICE_B, {B}),
    ("protocol alone", service(socket_type=None, protocol="tcp") + SERVICE_B, {A, B}),
    ("a protocol by number", service(protocol="6") + SERVICE_B, {B}),
    ("no wait", service(wait=None) + SERVICE_B, {B}),
    ("a wait that is neither", service(wait="maybe") + SERVICE_B, {B}),
    ("nameinargs without arguments", service(flags="NAMEINARGS", server_args=None) + SERVICE_B,
     {B}),
    ("traffic without redirect", service(log_on_success="TRAFFIC") + SERVICE_B, {B}),
    ("a log flag of the other list", service(log_on_failure="PID") + SERVICE_B, {B}),
    ("an unknown facility", service(log_type="SYSLOG kern") + SERVICE_B, {B}),
    ("a hard limit below the soft one", service(log_type="FILE /tmp/work/x 400 200") + SERVICE_B,
     {B}),
    ("bad times", service(access_times="22:00-6:00") + SERVICE_B, {B}),
    ("more bad times", service(access_times="0:00-24:00") + SERVICE_B, {B}),
    ("times with a comma", service(access_times="8:00-9:00,10:00-11:00") + SERVICE_B, {B}),
    ("an address with a comma", service(only_from="127.0.0.1,127.0.0.2") + SERVICE_B, {B}),
    ("braces in the middle of an address", service(only_from="127.{0,1}.0") + SERVICE_B, {B}),
    ("an unknown word in only_from", service(only_from="256.1.1.1 127.0.0.1") + SERVICE_B,
     {A, B}),
    ("instances below zero", service(instances="-1") + SERVICE_B, {B}),
    ("one value for cps", service(cps="10") + SERVICE_B, {A, B}),
    ("a load of zero", service(max_load="0") + SERVICE_B, {B}),
    ("a port that is a name", service(port="http") + SERVICE_B, {B}),
    ("a port that is too large", service(port="65536") + SERVICE_B, {B}),
    ("an umask that is not octal", service(umask="8") + SERVICE_B, {B}),
    ("a limit in gigabytes", service(rlimit_as="1G") + SERVICE_B, {B}),
    ("env without a value", service(env="A") + SERVICE_B, {B}),
    ("env reduced", service(**{"env -": "A=1"}) + SERVICE_B, {B}),
    ("an operator that the attribute lacks", service(**{"nice +": "3"}) + SERVICE_B, {A, B}),
    ("an unknown internal service", service("finger", type="INTERNAL UNLISTED") + SERVICE_B, {B}),
    ("user and group in one word", service(user="root:root") + SERVICE_B, {B}),
    ("a numeric user without account", service(user="54321") + SERVICE_B, {A, B}),
    ("an address of another host", service(bind="198.51.100.1") + SERVICE_B, {B}),
    ("a bind that does not resolve", service(bind="nosuch.invalid") + SERVICE_B, {B}),
    ("bind and interface", service(bind="127.0.0.1", interface="x y") + SERVICE_B, {A, B}),
    ("an include that is not there", "include /no/such/file\n" + SERVICE_B, {B}),
    ("an include of a directory", "include /tmp\n" + SERVICE_B, {B}),
    ("include inside an entry", raw("include /etc/hosts") + SERVICE_B, {B}),
    ("two blocks of defaults", defaults(enabled="a b") + defaults(enabled="c") + service()
     + SERVICE_B + SERVICE_C, {A, B}),
    ("defaults with a foreign attribute", defaults(user="nobody", nice=3) + SERVICE_B, {B}),
]

# Row of COMPATIBILITY, name, configuration, open ports in xinetd and in usherd.
DIFFERENT = [
    ("S4", "an unknown word in no_access", service(no_access="256.1.1.1") + SERVICE_B, {A, B}, {B}),
    ("S5", "disable = no after a bad value", raw("nice = x", "disable = no") + SERVICE_B, {A, B},
     {B}),
    ("S5", "enabled and a bad value", defaults(enabled="a b") + raw("nice = x") + SERVICE_B,
     {A, B}, {B}),
    ("S6", "a user that wraps to root", service(user="4294967296") + SERVICE_B, {A, B}, {B}),
    ("S6", "a group that wraps to root", service(group="4294967296") + SERVICE_B, {A, B}, {B}),
    ("S6", "instances that wrap", service(instances="4294967297") + SERVICE_B, {A, B}, {B}),
    ("D2", "a syntax error in defaults", "defaults\n{\n    umask= 022\n}\n" + service() + SERVICE_B,
     {B}, {A, B}),
    ("D3", "nothing after the name", raw("nice") + SERVICE_B + SERVICE_C, {C}, {B, C}),
    ("D25", "enabled -=", block("defaults", {"enabled": "a b c", "enabled -": "b"}) + service()
     + SERVICE_B + SERVICE_C, {A, B, C}, {A, C}),
]


class Vectors(IntegrationCase):
    def open_ports(self, kind, text):
        subject = self.daemon(kind, text)
        subject.start()
        found = {port for _, _, port in processes.listening()}
        self.assertEqual(subject.stop(), 0)
        return found, subject.story()

    def check_all(self, kind, rows):
        for name, text, expected in rows:
            with self.subTest(name):
                found, story = self.open_ports(kind, text)
                self.assertEqual(found, expected, story)
            self.running.clear()

    @on(XINETD, USHERD)
    def test_services_come_up_as_in_xinetd(self, kind):
        self.check_all(kind, SAME)

    @on(XINETD)
    def test_differences_are_real(self, kind):
        self.check_all(kind, [(f"{row}: {name}", text, up) for row, name, text, up, _ in DIFFERENT])

    @on(USHERD)
    def test_differences_are_those_of_the_manual(self, kind):
        self.check_all(kind, [(f"{row}: {name}", text, up) for row, name, text, _, up in DIFFERENT])


class Clients(IntegrationCase):
    """Who is let in, and what is said about it."""

    @on(XINETD, USHERD)
    def test_lists_of_nothing_and_of_unknown_names(self, kind):
        subject = self.started(kind, defaults() + service(only_from="")
                               + service("b", port=B, only_from="nosuch.invalid") + SERVICE_C)
        for port in (A, B):
            self.assertEqual(client.exchange(port).data, b"")
        self.assertEqual(client.exchange(C).data, b"hello\n")
        (error,) = subject.message_texts("ERROR")
        self.assertIn("nosuch.invalid", error)

    def test_both_lists_refuse_as_in_xinetd(self):
        text = defaults() + service(only_from="127.0.0.0", no_access="127.0.0.5") \
            + service("b", port=B, only_from="127.0.0.5", no_access="127.0.0.0")

        def scenario(subject):
            seen = [client.exchange(port, source=source).data
                    for port in (A, B) for source in ("127.0.0.5", "127.0.0.6")]
            return seen, subject.wait_for_message("match equally", 2)
        seen, _ = self.compare(text, scenario)
        self.assertEqual(seen, [b"", b"hello\n", b"", b""])

    @on(XINETD, USHERD)
    def test_an_address_and_the_rest_of_its_port_are_two_services(self, kind):
        """In xinetd the second one is a duplicate (D34)."""
        self.started(kind, defaults() + service(bind="127.0.0.1")
                     + service("b", flags="IPv6", v6only="yes") + SERVICE_C)
        self.assertEqual(client.exchange(A).data, b"hello\n")
        sockets = [port for _, _, port in processes.listening() if port == A]
        self.assertEqual(len(sockets), 1 if kind == XINETD else 2)

    @on(XINETD, USHERD)
    def test_of_two_wildcards_on_one_port_the_second_fails_to_bind_eleven_times(self, kind):
        subject = self.started(kind, defaults() + service() + service("b") + SERVICE_C)
        self.assertEqual(len([text for text in subject.message_texts("ERROR")
                              if "bind" in text and "service = b" in text]), 11)
        self.assertEqual(client.exchange(A).data, b"hello\n")


class Includes(IntegrationCase):
    NAMES = ["b", "a", "Z", "0", ".hid", "x.conf", "y~", "z.rpmsave", "#e#", "aa-bak", "CVS,v"]

    def test_drop_ins_are_read_in_the_order_of_their_bytes_and_some_are_skipped(self):
        def prepare():
            directory = pathlib.Path("/tmp/work/same/d")
            directory.mkdir(parents=True, exist_ok=True)
            for number, name in enumerate(self.NAMES):
                (directory / name).write_text(service(f"s{number}", port=4100 + number))
            # Of two services on one address the first one wins: which file is first?
            for name, text in (("first", "one"), ("second", "two"), ("First", "zero")):
                (directory / name).write_text(service(name, bind="127.0.0.1", server_args=text))
            (directory / "directory").mkdir(exist_ok=True)
            (directory / "link").symlink_to("/tmp/work/linked")
            pathlib.Path("/tmp/work/linked").write_text(service("linked", port=4200))

        def scenario(_):
            return (sorted({port for _, _, port in processes.listening()}),
                    client.exchange(4000).data)
        open_ports, winner = self.compare(defaults() + "includedir @DIR@/d\n", scenario,
                                          prepare=prepare)
        self.assertEqual(winner, b"zero\n")
        self.assertEqual(open_ports, [4000] + [4100 + number for number in range(11)
                                               if self.NAMES[number] in
                                               ("b", "a", "Z", "0", "#e#", "aa-bak", "CVS,v")]
                         + [4200])

    @on(USHERD)
    def test_defaults_hold_for_services_before_and_after_them(self, kind):
        """In xinetd a later block protects nobody (S2)."""
        self.started(kind, service() + defaults(only_from="127.0.0.5") + SERVICE_B)
        for port in (A, B):
            self.assertEqual(client.exchange(port, source="127.0.0.5").data, b"hello\n")
            self.assertEqual(client.exchange(port, source="127.0.0.6").data, b"")

    @on(USHERD)
    def test_addresses_that_xinetd_misunderstands_match(self, kind):
        """A prefix of 128 bits is the address (D14); a network's name means the network (D15)."""
        path = pathlib.Path("/etc/networks")
        before = path.read_text() if path.exists() else ""
        path.write_text("testnet 127.3.0.0\n")
        self.addCleanup(path.write_text, before)
        self.started(kind, defaults() + service(only_from="::1/128")
                     + service("b", port=B, only_from="testnet"))
        self.assertEqual(client.exchange(A, host="::1").data, b"hello\n")
        self.assertEqual(client.exchange(A, host="2001:db8::1", source="2001:db8::1").data, b"")
        self.assertEqual(client.exchange(B, source="127.3.4.5").data, b"hello\n")
        self.assertEqual(client.exchange(B, source="127.4.4.5").data, b"")

    @on(XINETD, USHERD)
    def test_a_bad_value_in_defaults_ends_the_start(self, kind):
        """With status 0 in xinetd, 1 in usherd (D1)."""
        subject = self.daemon(kind, defaults(instances="x") + service())
        subject.start(ready=False)
        self.assertEqual(subject.wait_exit(), 0 if kind == XINETD else 1)
        self.assertTrue(any("instances" in text for text in subject.message_texts("ERROR")),
                        subject.story())
