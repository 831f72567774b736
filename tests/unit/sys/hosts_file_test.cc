// SPDX-License-Identifier: BSD-2-Clause
#include <cstdlib>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/sys/hosts_file.h"
#include "tests/support/catch.h"
#include "tests/unit/sys/host_helpers.h"

namespace usherd::sys {

TEST_CASE("the canonical name is the first on the first line of its address")
{
    const HostsFile hosts("127.0.0.1\tlocalhost lo\n"
                          "192.0.2.7 seven.example.test seven\n"
                          "192.0.2.7 other.example.test\n"
                          "2001:db8::7   seven6.example.test\n");
    CHECK(hosts.name_of(host("127.0.0.1")) == "localhost");
    CHECK(hosts.name_of(host("192.0.2.7")) == "seven.example.test");
    CHECK(hosts.name_of(host("2001:db8::7")) == "seven6.example.test");
    CHECK(hosts.name_of(host("192.0.2.8")).empty());
    CHECK(hosts.size() == 3);
}

TEST_CASE("a mapped address is its IPv4 address on both sides")
{
    const HostsFile hosts("127.0.0.1 localhost\n::ffff:192.0.2.7 seven\n");
    CHECK(hosts.name_of(host("::ffff:127.0.0.1")) == "localhost");
    CHECK(hosts.name_of(host("192.0.2.7")) == "seven");
    CHECK(hosts.name_of(host("::127.0.0.1")).empty());
}

TEST_CASE("comments, blank lines, ends of line and nonsense do no harm")
{
    const HostsFile hosts("# 192.0.2.1 comment\n\n   \t\n"
                          "192.0.2.2 two#comment\r\n"
                          "  192.0.2.3\tthree \r\n"
                          "192.0.2.4 # four\n"
                          "192.0.2.5\n"
                          "nonsense five\n"
                          "300.0.2.6 six\n"
                          "192.0.2.9 nine");
    CHECK(hosts.name_of(host("192.0.2.1")).empty());
    CHECK(hosts.name_of(host("192.0.2.2")) == "two");
    CHECK(hosts.name_of(host("192.0.2.3")) == "three");
    CHECK(hosts.name_of(host("192.0.2.4")).empty());
    CHECK(hosts.name_of(host("192.0.2.9")) == "nine");
    CHECK(hosts.size() == 3);
    CHECK(HostsFile("").size() == 0);
}

TEST_CASE("a file is read as a whole, and what is no file is an error")
{
    std::string text;
    for (int i = 0; i < 5000; ++i) // more than one block
        text += "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + " host" +
                std::to_string(i) + ".example.test\n";
    const TemporaryFile file(text);
    const auto hosts = HostsFile::read(file.path());
    REQUIRE(hosts);
    CHECK(hosts->size() == 5000);
    CHECK(hosts->name_of(host("10.0.19.249")) == "host4999.example.test");

    const auto missing = HostsFile::read(file.path() + ".missing");
    REQUIRE_FALSE(missing);
    CHECK(missing.error() == SysError{"open", ENOENT});
    CHECK_FALSE(HostsFile::read("/"));
}

TEST_CASE("a FIFO in the place of the file blocks nobody")
{
    const TemporaryFile file("");
    REQUIRE(::unlink(file.path().c_str()) == 0);
    REQUIRE(::mkfifo(file.path().c_str(), 0600) == 0);
    CHECK_FALSE(HostsFile::read(file.path()));
}

TEST_CASE("a name has the addresses of all its lines, whatever its case and place, IPv4 first")
{
    const HostsFile hosts(
        "2001:db8::1 one\n192.0.2.1 other One # one\n192.0.2.2 ONE one.example\n");
    CHECK(hosts.addresses_of("oNe") == std::vector{unmapped(host("192.0.2.1")),
                                                   unmapped(host("192.0.2.2")),
                                                   host("2001:db8::1")});
    CHECK(hosts.addresses_of("other").size() == 1);
    CHECK(hosts.addresses_of("on").empty());
    CHECK(hosts.addresses_of("").empty());
}

} // namespace usherd::sys
