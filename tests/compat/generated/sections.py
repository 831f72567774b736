# SPDX-License-Identifier: BSD-2-Clause
#
# Random files of valid and nearly valid sections. A file is a list of sections; a section is a list of
# lines. All of it follows from a seed and the number of the file.

import dataclasses
import random as randomness

import values

FIRST_PORT = 20000
# Services that are in every /etc/services, and their ports.
LISTED = (("finger", 79, "tcp"), ("http", 80, "tcp"), ("gopher", 70, "tcp"), ("systat", 11, "tcp"),
          ("netstat", 15, "tcp"), ("qotd", 17, "tcp"), ("ftp", 21, "tcp"), ("telnet", 23, "tcp"),
          ("smtp", 25, "tcp"), ("tftp", 69, "udp"), ("pop3", 110, "tcp"), ("ntp", 123, "udp"),
          ("imap2", 143, "tcp"), ("biff", 512, "udp"), ("exec", 512, "tcp"), ("login", 513, "tcp"))
BUILTIN = ("echo", "discard", "chargen", "daytime", "time")
LISTS = ("only_from", "no_access", "log_on_success", "log_on_failure", "passenv", "env")
OPERATORS = ("+=", "-=", "=", "==", "*=", ":=", "=+", "")


@dataclasses.dataclass
class Section:
    """`number` is that in its file; `name` and `id` (if any) hold it where they can."""
    number: int
    lines: list

    def text(self):
        return "".join(line + "\n" for line in self.lines)


class File:
    """One main file, and the files that it includes."""

    def __init__(self, seed, number, size):
        self.number = number
        self.random = randomness.Random(f"{seed}/{number}")
        # What breaks the sections around it stands in small files, or little would be left to see.
        self.wild = self.random.random() < 0.15
        if self.wild:
            size = min(size, 6)
        self.listed = self.random.sample(LISTED, len(LISTED))
        self.builtin = [(name, kind) for name in BUILTIN for kind in ("stream", "dgram")]
        self.random.shuffle(self.builtin)
        self.sections = [self.service(number) for number in range(size)]
        self.place_defaults()

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def place_defaults(self):
        if not self.chance(50):
            return
        where = 0 if self.chance(80) else self.random.randint(0, len(self.sections))
        self.sections.insert(where, Section(len(self.sections), self.defaults()))
        if self.wild and self.chance(10):
            self.sections.append(Section(len(self.sections), self.defaults()))

    def defaults(self):
        lines = ["defaults", "{"]
        for name in self.random.sample(values.IN_DEFAULTS, self.random.randint(0, 6)):
            if name in ("enabled", "disabled"):
                # Most sections stay, or there would be little to compare.
                ids = [f"i{number}x" for number in range(len(self.sections))
                       if self.chance(90 if name == "enabled" else 5)]
                if name == "enabled" and not self.chance(20):
                    continue
                ids += [f"n{number}x" for number in range(len(self.sections)) if self.chance(50)]
                lines.append(self.line(name, self.operator(name), " ".join(ids)))
            else:
                bad = self.wild and self.chance(15)
                lines.append(self.line(name, self.operator(name), self.value(name, 60 if bad else 0)))
        if self.chance(10):
            name = self.random.choice(list(values.ANY))
            if name not in values.IN_DEFAULTS and name != "interface":
                lines.append(self.line(name, "=", self.value(name, 50)))
        return lines + ["}"]

    def operator(self, name):
        if name in LISTS:
            return self.random.choices(("=", "+=", "-="), (70, 22, 8))[0]
        if self.chance(2):
            return self.random.choice(OPERATORS if self.wild else ("+=", "-="))
        return "="

    def value(self, name, strange):
        """A value for an attribute; `strange`, in per cent, for one that may be wrong."""
        if name in values.RIGHT and not self.chance(strange):
            text = self.random.choice(values.RIGHT[name])
        else:
            text = values.ANY[name](self.random)
            if self.chance(3):
                text = self.damage(text)
        return text

    def damage(self, text):
        """One character put in, taken out or exchanged."""
        place = self.random.randint(0, len(text))
        put = self.random.choice("0129-+.:,/{}=#%xX \t\x01\x7f\x0b\r\"'\\é*_")
        return text[:place] + self.random.choice((put, "")) + text[place + self.random.randint(0, 1):]

    def line(self, name, operator, value):
        """One attribute, mostly as people write it."""
        if self.chance(4):
            name = self.random.choice((name.upper(), name.capitalize()))
        if self.chance(90):
            return f"\t{name} {operator} {value}".rstrip()
        before, between, after = (self.random.choice(("", " ", "\t", "   ", " \t ", "\x0b", "\x0c"))
                                  for _ in range(3))
        if not between and not self.wild:
            between = " "
        return f"{before}{name}{between}{operator}{after}{value}" + self.random.choice(("", " ", "\t "))

    def service(self, number):
        name, attributes = self.random.choices(
            (self.external, self.datagram, self.internal, self.redirect, self.sensor, self.known, self.muxed,
             self.remote, self.plain), (24, 10, 18, 10, 5, 10, 6, 2, 15))[0](number)
        if name is None:
            return attributes
        if "id" not in attributes and self.chance(50):
            attributes["id"] = f"i{number}x"
        pairs = [(key, "=", value) for key, value in attributes.items()]
        self.random.shuffle(pairs)
        pairs = self.vary(pairs)
        lines = [self.line(*pair) for pair in pairs]
        self.decorate(lines)
        return Section(number, self.wrap(name, lines))

    def port(self, number):
        return str(FIRST_PORT + number) if not self.chance(1) else str(FIRST_PORT)

    def basic(self, number, **more):
        return {"type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "wait": "no", "user": "root",
                "server": "/bin/true", "port": self.port(number)} | more

    def external(self, number):
        return f"n{number}x", self.basic(number)

    def plain(self, number):
        """A service that is right but for one attribute, and that one odd."""
        found = self.basic(number)
        name = self.random.choice(list(values.ANY))
        text = values.ANY[name](self.random)
        for _ in range(self.random.choice((0, 1, 1, 2))):
            text = self.damage(text)
        found.pop(name, None)
        operator = self.random.choice(("=", "=", "=", "+=", "-=")) if name in LISTS else "="
        lines = [f"\t{key} = {value}" for key, value in found.items()] + [f"\t{name} {operator} {text}"]
        return None, Section(number, [f"service n{number}x", "{", *lines, "}"])

    def datagram(self, number):
        return f"n{number}x", self.basic(number, socket_type="dgram", protocol="udp", wait="yes")

    def internal(self, number):
        name = self.random.choice(BUILTIN + ("tcpmux",))
        kind = self.random.choice(("stream", "dgram"))
        found = {"type": "INTERNAL UNLISTED", "id": f"i{number}x", "socket_type": kind, "wait": "no",
                 "protocol": "tcp" if kind == "stream" else "udp", "port": self.port(number)}
        found["wait"] = self.random.choice(("yes", "no")) if kind == "dgram" else "no"
        if self.builtin and self.chance(10):
            name, kind = self.builtin.pop()
            found = {"type": "INTERNAL", "id": f"i{number}x", "socket_type": kind,
                     "wait": "no" if kind == "stream" else "yes"}
        return name, found

    def redirect(self, number):
        found = self.basic(number, redirect=f"127.0.0.1 {self.random.randint(1, 65535)}")
        if self.chance(80):
            del found["server"]
        return f"n{number}x", found

    def sensor(self, number):
        found = self.basic(number, flags="SENSOR", type=self.random.choice(("INTERNAL UNLISTED", "UNLISTED")))
        return f"n{number}x", found | {"deny_time": self.value("deny_time", 60)}

    def known(self, number):
        if not self.listed:
            return self.external(number)
        name, port, protocol = self.listed.pop()
        found = {"id": f"i{number}x", "socket_type": "stream" if protocol == "tcp" else "dgram",
                 "protocol": protocol, "wait": "no" if protocol == "tcp" else "yes", "user": "root",
                 "server": "/bin/true"}
        if self.chance(30):
            found["port"] = str(port) if self.chance(70) else self.port(number)
        if self.chance(10):
            name = f"n{number}x"
        return name, found

    def muxed(self, number):
        found = self.basic(number, type=self.random.choice(("TCPMUX UNLISTED", "TCPMUXPLUS UNLISTED",
                                                           "TCPMUX", "UNLISTED TCPMUXPLUS")))
        if self.chance(70):
            del found["port"]
        return f"n{number}x", found

    def remote(self, number):
        """RPC; one that is registered takes xinetd a second, so most lack something."""
        found = self.basic(number, type="RPC UNLISTED", rpc_version=self.value("rpc_version", 80),
                           rpc_number=self.value("rpc_number", 80), id=f"i{number}x")
        del found["port"]
        del found[self.random.choice(("user", "server", "wait", "rpc_version", "rpc_number"))]
        return f"n{number}x", found

    def vary(self, pairs):
        """More attributes, fewer, other values, other operators, the same again."""
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3, 5))):
            name = self.random.choice(list(values.ANY))
            pair = (name, self.operator(name), self.value(name, 30))
            where = self.random.randint(0, len(pairs))
            if name not in values.RIGHT and name in [key for key, _, _ in pairs] and not self.chance(30):
                continue  # what every service must have is not given twice all the time
            pairs.insert(where, pair)
        if self.chance(4) and pairs:
            del pairs[self.random.randrange(len(pairs))]
        if self.chance(5):
            where = self.random.randrange(len(pairs))
            pairs[where] = (pairs[where][0], pairs[where][1], self.value(pairs[where][0], 100))
        if self.chance(5):
            name, operator, value = self.random.choice(pairs)
            value = value if self.chance(30) else self.value(name, 60)
            pairs.insert(self.random.randint(0, len(pairs)), (name, operator, value))
        if self.chance(4):
            pairs.insert(self.random.randint(0, len(pairs)),
                         ("disable", "=", self.random.choice(("no", "no", "yes"))))
        return pairs

    def decorate(self, lines):
        """Comments, blank lines, unknown attributes, very long lines."""
        for _ in range(self.random.choice((0, 0, 0, 1, 2))):
            lines.insert(self.random.randint(0, len(lines)), self.random.choice(
                ("", " \t", "# a comment", "\t#x = y", "#", "\tcolour = blue", "\tv6config = x",
                 "\tports = 1 2")))
        if self.chance(1):
            words = " ".join(f"w{number}" for number in range(self.random.choice((100, 900, 1200))))
            lines.append("\tserver_args = " + words)
        if self.wild and self.chance(15):
            lines.insert(self.random.randint(0, len(lines)), self.random.choice(
                ("nice", "\tnice 3", "nice= 3", "= 3", "{", "}", "} # end", "service x", "include /etc/hosts",
                 "defaults", "junk junk", "nice =", "nice == 3", "nice\x00 = 3", "\x00", "nice = 3\r", "é = 1")))

    def wrap(self, name, lines):
        header, opening, closing = f"service {name}", "{", "}"
        if self.chance(4):
            header = self.random.choice((f"SERVICE {name}", f"service\t{name} rest", f"  service  {name}",
                                         f"service {name} {{\n"))
            header = header.rstrip("\n")
            opening = self.random.choice(("{", " {", "\n{", "# x\n{", "{ "))
            closing = self.random.choice(("}", "\t}", "} ", "\r}"))
        if self.wild and self.chance(8):
            header, opening, closing = self.random.choice((
                ("service", opening, closing), (header, "", closing), (header, opening, "# none"),
                (header, opening, "} x"), ("services x", opening, closing), ("junk", opening, closing),
                (header + " {", "", closing), (header, "{ {", closing), ("\x0b" + header, opening, closing),
                (header.replace("service", "service="), opening, closing), (header, opening + "\r", closing)))
        text = "\n".join([header, *([opening] if opening else []), *lines, closing])
        return text.split("\n")

    def text(self):
        return "".join(section.text() for section in self.sections)
