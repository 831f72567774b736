// SPDX-License-Identifier: BSD-2-Clause
//
// The services file, and the system's databases as far as every system has the same.

#include <cstdlib>

#include "config-parser/system_name_lookup.h"
#include "tests/support/catch.h"

namespace usherd::config {

TEST_CASE("a services file gives names and aliases a port for each protocol")
{
    std::unordered_map<std::string, std::optional<std::uint16_t>> ports;
    parse_services("# comment\n"
                   "echo\t\t7/tcp\n"
                   "echo 7/udp\n"
                   "discard 9/tcp sink null # alias\n"
                   "glued 10/tcp#comment\n"
                   "broken\n"
                   "worse x/tcp\n"
                   "large 65536/tcp\n"
                   "noproto 11\n"
                   "echo 4711/tcp\n"
                   "last 12/sctp",
                   ports);
    CHECK(ports["echo/tcp"] == 7); // the first one counts
    CHECK(ports["echo/udp"] == 7);
    CHECK(ports["sink/tcp"] == 9);
    CHECK(ports["null/tcp"] == 9);
    CHECK(ports["glued/tcp"] == 10);
    CHECK(ports["last/sctp"] == 12);
    CHECK(ports.size() == 7);
}

TEST_CASE("the system knows its root, its tcp and its loopback")
{
    SystemNameLookup names;
    CHECK(names.port_of("no such service", "tcp") == std::nullopt);
    const auto tcp = names.protocol("TCP");
    REQUIRE(tcp);
    CHECK(tcp->name == "tcp");
    CHECK(tcp->number == 6);
    CHECK_FALSE(names.protocol("no such protocol"));
    const auto root = names.user("root");
    REQUIRE(root);
    CHECK(root->uid == 0);
    CHECK(names.user(0U)->name == "root");
    CHECK(names.group("root") == 0U);
    CHECK_FALSE(names.user("no such user"));
    CHECK_FALSE(names.user(4'000'000'000U));
    CHECK_FALSE(names.group("no such group"));
    const auto groups = names.groups_of(*root);
    CHECK(std::find(groups.begin(), groups.end(), 0U) != groups.end());
    const auto loopback = names.addresses_of("127.0.0.1");
    REQUIRE(loopback.size() == 1);
    CHECK(loopback[0].is_loopback());
    CHECK_FALSE(names.network("no such network"));
    CHECK_FALSE(names.rpc_program("no such program"));
}

TEST_CASE("ports that the file lacks are asked of the C library")
{
    SystemNameLookup names("/nonexistent");
    SystemNameLookup usual;
    CHECK(names.port_of("ssh", "tcp") == usual.port_of("ssh", "tcp"));
}

TEST_CASE("answers are kept: the environment is not, being no database")
{
    SystemNameLookup names;
    REQUIRE(::setenv("USHERD_TEST_VARIABLE", "1", 1) == 0);
    CHECK(names.environment("USHERD_TEST_VARIABLE") == "1");
    REQUIRE(::unsetenv("USHERD_TEST_VARIABLE") == 0);
    CHECK_FALSE(names.environment("USHERD_TEST_VARIABLE"));
}

} // namespace usherd::config
