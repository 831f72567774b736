// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/rule_text.h"
#include "daemon/core/ban_list.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using namespace std::chrono_literals;

const BanList::SteadyTime start{};

BanList::Entry ban(std::string_view block, std::optional<std::chrono::seconds> seconds = {})
{
    BanList::Entry entry;
    entry.block = *access::parse_prefix(block);
    if (seconds)
        entry.until = start + *seconds;
    return entry;
}

access::IpAddress ip(std::string_view text)
{
    return *access::IpAddress::parse(text);
}

} // namespace

TEST_CASE("a ban holds for its address or block and for nobody else")
{
    BanList list;
    REQUIRE(list.add(ban("192.0.2.0/24")));
    REQUIRE(list.add(ban("2001:db8::1")));
    CHECK(list.find(ip("192.0.2.7"), start) != nullptr);
    CHECK(list.find(ip("192.0.3.7"), start) == nullptr);
    CHECK(list.find(ip("2001:db8::1"), start) != nullptr);
    CHECK(list.find(ip("2001:db8::2"), start) == nullptr);
}

TEST_CASE("a ban of all of one family leaves the other alone")
{
    BanList list;
    REQUIRE(list.add(ban("::/0")));
    CHECK(list.find(ip("2001:db8::1"), start) != nullptr);
    CHECK(list.find(ip("192.0.2.7"), start) == nullptr);
    REQUIRE(list.add(ban("0.0.0.0/0")));
    CHECK(list.find(ip("192.0.2.7"), start) != nullptr);
    CHECK(list.size() == 2);
}

TEST_CASE("a ban is over exactly when its time is")
{
    BanList list;
    REQUIRE(list.add(ban("192.0.2.7", 10s)));
    CHECK(list.next_end() == start + 10s);
    CHECK(list.find(ip("192.0.2.7"), start + 10s - 1ns) != nullptr);
    CHECK(list.find(ip("192.0.2.7"), start + 10s) == nullptr);
    CHECK(list.expire(start + 10s - 1ns).empty());
    CHECK(list.expire(start + 10s).size() == 1);
    CHECK(list.size() == 0);
    CHECK_FALSE(list.next_end());
}

TEST_CASE("a second ban of a block replaces the first and keeps its hits")
{
    BanList list;
    REQUIRE(list.add(ban("192.0.2.7", 10s)));
    REQUIRE(list.hit(ip("192.0.2.7"), start) != nullptr);
    REQUIRE(list.add(ban("192.0.2.7")));
    REQUIRE(list.list().size() == 1);
    CHECK(list.list()[0].hits == 1);
    CHECK_FALSE(list.list()[0].until);
}

TEST_CASE("a ban that is over does not hide a wider one")
{
    BanList list;
    REQUIRE(list.add(ban("192.0.2.7", 10s)));
    REQUIRE(list.add(ban("192.0.0.0/16")));
    CHECK(list.find(ip("192.0.2.7"), start)->block.length == 32);
    CHECK(list.find(ip("192.0.2.7"), start + 10s)->block.length == 16);
}

TEST_CASE("a lifted ban is no more")
{
    BanList list;
    REQUIRE(list.add(ban("192.0.2.0/24")));
    CHECK_FALSE(list.remove(*access::parse_prefix("192.0.2.0/25")));
    CHECK(list.remove(*access::parse_prefix("192.0.2.0/24")));
    CHECK(list.find(ip("192.0.2.7"), start) == nullptr);
}

TEST_CASE("there are at most so many bans")
{
    BanList list;
    for (std::size_t i = 0; i < BanList::max_bans; ++i)
        REQUIRE(
            list.add(ban("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1")));
    CHECK_FALSE(list.add(ban("192.0.2.7")));
    CHECK(list.add(ban("10.0.0.1", 5s)));
}

} // namespace usherd::core
