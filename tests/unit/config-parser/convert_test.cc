// SPDX-License-Identifier: BSD-2-Clause
//
// The texts that a conversion writes, and what it cannot write. (tests/golden/convert_test.cc
// compares what they mean.)

#include "config-parser/convert.h"
#include "tests/support/catch.h"

namespace usherd::config {
namespace {

std::string told(const Conversion& conversion)
{
    std::string text;
    for (const Diagnostic& diagnostic : conversion.diagnostics->all())
        text += fmt::format("{}:{} {} {}\n", diagnostic.location.line, diagnostic.location.column,
                            name(diagnostic.severity), diagnostic.message);
    return text;
}

constexpr std::string_view commented = R"(# All of it.

defaults
{
	instances = 60
}

# default: off
# A second line.
service ftp
{
	# who may come in
	only_from  = 192.0.2.0/24 ::1
	only_from += 10.0.0.1
	disable    = yes
	server_args = -l "x: #y"
	# at the end
}
# after all
)";

TEST_CASE("xinetd's syntax becomes YAML, comments in their places and disabled services whole")
{
    const Conversion conversion = convert(commented, "f", Syntax::xinetd, Syntax::yaml);
    CHECK(conversion.complete);
    CHECK(told(conversion).empty());
    CHECK(conversion.text == R"(# All of it.
defaults:
  instances: 60

services:
  # default: off
  # A second line.
  - service: ftp
    # who may come in
    only_from: [192.0.2.0/24, "::1"]
    "only_from +=": [10.0.0.1]
    disable: yes
    server_args: ["-l", "\"x:", "#y\""]
    # at the end
# after all
)");
}

TEST_CASE("YAML becomes xinetd's syntax, comments behind values before them")
{
    const Conversion conversion = convert(R"(# a head
service: rsync # the name
wait: no   # not at all
server_args: [--daemon, "a#b"]
cps: [50, 10]
"log_on_failure -=": HOST
)",
                                          "f.yaml", Syntax::yaml, Syntax::xinetd);
    CHECK(told(conversion).empty());
    CHECK(conversion.text == R"(# a head
service rsync
{
	# the name
	# not at all
	wait            = no
	server_args     = --daemon a#b
	cps             = 50 10
	log_on_failure  -= HOST
}
)");
}

TEST_CASE("an entry of inetd.conf becomes a service as a person would write it")
{
    const Conversion conversion =
        convert("# file transfer\n"
                "ftp stream tcp nowait.40 ftp:tty /usr/sbin/ftpd ftpd -l\n"
                "\n"
                "#telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n"
                "daytime stream tcp nowait root internal\n"
                "tftp dgram udp wait root /usr/sbin/tcpd in.tftpd /srv\n",
                "inetd.conf", Syntax::inetd, Syntax::xinetd);
    CHECK(told(conversion).empty());
    CHECK(conversion.complete);
    CHECK(conversion.text == R"(# file transfer
service ftp
{
	socket_type     = stream
	protocol        = tcp
	wait            = no
	instances       = 40
	limit_action    = queue
	user            = ftp
	group           = tty
	groups          = yes
	server          = /usr/sbin/ftpd
	server_args     = -l
}

#telnet stream tcp nowait root /usr/sbin/telnetd telnetd
service daytime
{
	id              = daytime-stream
	type            = INTERNAL
	socket_type     = stream
	protocol        = tcp
	wait            = no
	user            = root
	groups          = yes
}

service tftp
{
	socket_type     = dgram
	flags           = NAMEINARGS NOLIBWRAP
	protocol        = udp
	wait            = yes
	user            = root
	groups          = yes
	server          = /usr/sbin/tcpd
	server_args     = in.tftpd /srv
}
)");
}

TEST_CASE("what xinetd's syntax cannot say is told, and its service is off")
{
    const Conversion conversion =
        convert("service: a\nserver_args: [\"two words\", x]\nno_access: 192.0.2.1\n", "f.yaml",
                Syntax::yaml, Syntax::xinetd);
    CHECK_FALSE(conversion.complete);
    CHECK(told(conversion) ==
          "2:15 error server_args: 'two words' cannot be written: a word has no "
          "blanks in it and is not empty\n");
    CHECK(conversion.text == "service a\n{\n"
                             "\t# Something of this service could not be translated.\n"
                             "\tdisable         = yes\n"
                             "\tno_access       = 192.0.2.1\n}\n");
}

TEST_CASE("what YAML cannot say is told with its place")
{
    const Conversion conversion = convert("includedir /etc/xinetd.d\n"
                                          "service a\n{\n env = A=\xff\n}\n"
                                          "service b\n{\n no_access += 10.0.0.1\n"
                                          " no_access -= 10.0.0.1\n no_access += 10.0.0.2\n}\n",
                                          "f", Syntax::xinetd, Syntax::yaml);
    CHECK_FALSE(conversion.complete);
    CHECK(told(conversion) ==
          "1:12 error includedir '/etc/xinetd.d': YAML has no such thing; keep it in a file in "
          "xinetd syntax\n"
          "4:8 error env: what is not UTF-8 cannot be written in YAML\n"
          "10:2 error no_access: set more than once, which YAML cannot say here\n");
    CHECK(conversion.text.find("- service: a\n    # Something") != std::string::npos);
    CHECK(conversion.text.find("- service: b\n    # Something") != std::string::npos);
}

TEST_CASE("an attribute that is set several times is said once where that means the same")
{
    const Conversion conversion = convert("service a\n{\n env += A=1\n env += B=2\n nice = 1\n"
                                          " nice = 2\n only_from = 10.0.0.1\n"
                                          " only_from += 10.0.0.2\n only_from = 10.0.0.3\n}\n",
                                          "f", Syntax::xinetd, Syntax::yaml);
    CHECK(told(conversion).empty());
    CHECK(conversion.text == "service: a\n\"env +=\": [A=1, B=2]\nnice: 1\n"
                             "only_from: [10.0.0.3]\n");
}

TEST_CASE("a syntax error costs its entry and is told")
{
    const Conversion conversion =
        convert("service a\n{\n wait no\n}\nservice b\n{\n wait = no\n}\n", "f", Syntax::xinetd,
                Syntax::yaml);
    CHECK_FALSE(conversion.complete);
    CHECK(conversion.text == "service: b\nwait: no\n");
}

TEST_CASE("the syntax of a file shows in its name")
{
    CHECK(syntax_of_name("/etc/inetd.conf") == Syntax::inetd);
    CHECK(syntax_of_name("inetd.conf.bak") == Syntax::inetd);
    CHECK(syntax_of_name("a/ftp.yaml") == Syntax::yaml);
    CHECK(syntax_of_name("/etc/xinetd.conf") == Syntax::xinetd);
    CHECK(syntax_of_name("/etc/xinetd.d/ftp") == Syntax::xinetd);
}

} // namespace
} // namespace usherd::config
