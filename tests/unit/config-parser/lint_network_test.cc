// SPDX-License-Identifier: BSD-2-Clause
//
// The linter's rules about who reaches what: ports, descriptors, the world.

#include "tests/unit/config-parser/lint_bench.h"

namespace usherd::config {
namespace {

using test::datagrams;
using test::LintBench;
using test::service;

TEST_CASE("UL010: datagrams of one port that go to two services are told")
{
    const std::string everywhere = datagrams("echo", "flags = IPv4\nonly_from = 192.0.2.0/24");
    const std::string here = datagrams(
        "echo", "id = echo-here\nflags = IPv4\nbind = 192.0.2.1\nonly_from = 192.0.2.0/24");
    CHECK(LintBench().told(everywhere + here) ==
          "UL010 9:1 service 'echo-here': datagrams to 192.0.2.1:7 come here, all others for that "
          "port go to service 'echo' at /etc/usherd.conf:1");
    const std::string there = datagrams(
        "echo", "id = echo-there\nflags = IPv4\nbind = 192.0.2.2\nonly_from = 192.0.2.0/24");
    CHECK(LintBench().told(here + there) == "");
    const std::string stream = service("flags = IPv4", "/bin/cat", "svc", 7);
    CHECK(LintBench().told(here + stream) == "");
}

TEST_CASE("UL011: instances that take more descriptors than there are is told")
{
    LintBench bench;
    bench.options.descriptor_limit = 1024;
    const std::string relay = "redirect = 192.0.2.1 80\n";
    CHECK(
        bench.told(service(relay + "instances = 171")) ==
        "UL011 10:1 service 'svc': instances = 171 takes 1026 descriptors, and the limit is 1024");
    CHECK(bench.told(service(relay + "instances = 170")) == "");
    CHECK(bench.told(service(relay + "instances = UNLIMITED")) == "");
    CHECK(bench.told(service("instances = 5000")) == ""); // its handler has the connection
    CHECK(bench.told(service("stderr = log\ninstances = 1025")).starts_with("UL011 10:1 "));
}

TEST_CASE("UL012: internal UDP services that answer the world are told")
{
    for (const char* const name : {"echo", "time"})
        CHECK(LintBench().told(datagrams(name, "")) ==
              fmt::format("UL012 1:1 service '{0}': {0} over UDP answers whatever address a "
                          "datagram claims to come from",
                          name));
    CHECK(LintBench().told(datagrams("echo", "only_from = 0.0.0.0/0")).starts_with("UL012 6:1 "));
    CHECK(LintBench().told(datagrams("echo", "only_from = 192.0.2.0/24")) == "");
    CHECK(LintBench().told(datagrams("echo", "bind = 127.0.0.1")) == "");
}

TEST_CASE("UL012: a drop-in alone may have its list in `defaults`")
{
    LintBench bench;
    bench.options.is_fragment = true;
    const auto found = bench.findings(datagrams("echo", ""));
    REQUIRE(found.size() == 1);
    CHECK(found[0].diagnostic.severity == Severity::info);
    CHECK(found[0].diagnostic.message.ends_with("unless `defaults` give only_from"));
}

TEST_CASE("UL013: agents are known by name, by program and by port, and need a list")
{
    CHECK(LintBench().told(service("", "/bin/cat", "nrpe", 1)) ==
          "UL013 1:1 service 'nrpe': everybody may ask nrpe, an agent for administrators");
    CHECK(LintBench().told(service("", "/usr/bin/check_mk_agent")).starts_with("UL013 "));
    CHECK(LintBench().told(service("", "/bin/cat", "svc", 6556)).starts_with("UL013 "));
    CHECK(LintBench().told(service("only_from = 192.0.2.1", "/bin/cat", "nrpe", 1)) == "");
    CHECK(LintBench().told(service("bind = ::1", "/bin/cat", "nrpe", 1)) == "");
    CHECK(LintBench().told(service("", "/bin/cat", "gopher", 70)) == "");
}

TEST_CASE("UL014: stderr of a handler of HTTP belongs into the log")
{
    CHECK(
        LintBench().told(service("", "/bin/httpd")) ==
        "UL014 8:1 service 'svc': httpd answers in HTTP, and what it writes to stderr goes to the "
        "client");
    CHECK(LintBench().told(service("stderr = log", "/bin/httpd")) == "");
    CHECK(LintBench().told(service("")) == "");
}

TEST_CASE("UL014: a script that holds the first line of an answer is a handler of HTTP")
{
    LintBench bench;
    bench.statuses["/bin/health"] = {0755, 0, 0, false, 60};
    bench.files.add("/bin/health", "#!/bin/sh\nprintf 'HTTP/1.0 200 OK\\r\\n\\r\\n'\n");
    CHECK(bench.told(service("", "/bin/health")).starts_with("UL014 8:1 "));
    CHECK(bench.told(service("server_args = /bin/health", "/bin/sh")).starts_with("UL014 8:1 "));
    LintBench other;
    other.statuses["/bin/health"] = {0755, 0, 0, false, 60};
    other.files.add("/bin/health", "#!/bin/sh\necho fine\n");
    CHECK(other.told(service("", "/bin/health")) == "");
}

TEST_CASE("UL015: a set-user-ID server is told where that has no effect")
{
    LintBench bench;
    bench.statuses["/bin/cat"].mode = 04755;
    CHECK(bench.told(service("no_new_privs = yes")) ==
          "UL015 8:1 service 'svc': /bin/cat (mode 4755) gets no ids of its own with no_new_privs "
          "= yes");
    CHECK(bench.told(service("no_new_privs = no")) == "");
    bench.statuses["/bin/cat"].mode = 02755;
    CHECK(bench.told(service("no_new_privs = yes")).starts_with("UL015 8:1 "));
    bench.statuses["/bin/cat"].mode = 0755;
    CHECK(bench.told(service("no_new_privs = yes")) == "");
}

TEST_CASE("a finding shows the line it is about")
{
    LintBench bench;
    const auto found = bench.findings(service("server_args = cat -u"));
    REQUIRE(found.size() == 1);
    CHECK(render(found[0].diagnostic) ==
          "/etc/usherd.conf:9:1: warning: service 'svc': the program gets its name twice: cat cat\n"
          "    server_args = cat -u\n"
          "    ^~~~~~~~~~~\n");
}

TEST_CASE("long lists are judged in good time")
{
    std::string list = "only_from =";
    for (int i = 0; i < 50'000; ++i)
        list += fmt::format(" 10.{}.{}.{}", i / 62'500, i / 250 % 250, i % 250 + 1);
    CHECK(LintBench().findings(service(list)).empty());
}

} // namespace
} // namespace usherd::config
