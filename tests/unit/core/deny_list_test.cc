// SPDX-License-Identifier: BSD-2-Clause
//
// Who is denied and for how long: one address, however it arrived, and no more than the list holds.

#include "config-parser/service_spec.h"
#include "daemon/core/deny_list.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using std::chrono::minutes;

const DenyList::Time start{std::chrono::hours(5)};

access::IpAddress address(std::string_view text)
{
    return *access::IpAddress::parse(text);
}

access::IpAddress numbered(std::size_t number)
{
    return access::IpAddress::from_ipv4({10, static_cast<std::uint8_t>(number >> 16),
                                         static_cast<std::uint8_t>(number >> 8),
                                         static_cast<std::uint8_t>(number)});
}

} // namespace

TEST_CASE("an address that ends in .0 is denied alone, not its network (S8)")
{
    DenyList list;
    CHECK(list.add(address("192.0.2.0"), start, start) == DenyList::Added::fresh);
    CHECK(list.contains(address("192.0.2.0")));
    CHECK_FALSE(list.contains(address("192.0.2.1")));
    CHECK_FALSE(list.contains(address("192.0.0.0")));
    CHECK_FALSE(list.contains(address("2001:db8::")));
}

TEST_CASE("a host is the same one over IPv4 and as a mapped address")
{
    DenyList list;
    list.add(address("::ffff:192.0.2.7"), start, start);
    CHECK(list.contains(address("192.0.2.7")));
    CHECK(list.add(address("192.0.2.7"), start, start) == DenyList::Added::known);
}

TEST_CASE("touching again prolongs a ban and never shortens it")
{
    DenyList list;
    list.add(address("192.0.2.7"), start, start + minutes(2));
    list.add(address("192.0.2.7"), start, start + minutes(1));
    CHECK(list.expire(start + minutes(1)) == 0);
    list.add(address("192.0.2.7"), start, start + minutes(3));
    CHECK(list.expire(start + minutes(2)) == 0);
    CHECK(list.expire(start + minutes(3)) == 1);
    CHECK(list.size() == 0);
}

TEST_CASE("minutes end, FOREVER does not")
{
    DenyList list;
    list.add(address("192.0.2.1"), start, ban_end(1, start));
    list.add(address("192.0.2.2"), start, ban_end(config::deny_forever, start));
    CHECK(list.expire(start + minutes(1) - std::chrono::seconds(1)) == 0);
    CHECK(list.expire(start + minutes(1)) == 1);
    CHECK_FALSE(list.contains(address("192.0.2.1")));
    CHECK(list.expire(start + std::chrono::hours(1'000'000)) == 0);
    REQUIRE(list.list().size() == 1);
    CHECK(list.list()[0].until == DenyList::forever);
}

TEST_CASE("the latest come first, each with the clients that it has cost")
{
    DenyList list;
    list.add(address("192.0.2.1"), start, DenyList::forever);
    list.add(address("192.0.2.2"), start + minutes(1), DenyList::forever);
    list.add(address("192.0.2.1"), start + minutes(2), DenyList::forever);
    CHECK(list.refuses(address("192.0.2.1")));
    CHECK(list.refuses(address("192.0.2.1")));
    CHECK_FALSE(list.refuses(address("192.0.2.3")));
    const auto entries = list.list();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].address == address("192.0.2.2"));
    CHECK(entries[0].hits == 0);
    CHECK(entries[1].since == start);
    CHECK(entries[1].hits == 2);
}

TEST_CASE("who is forgiven is denied no longer")
{
    DenyList list;
    list.add(address("192.0.2.1"), start, DenyList::forever);
    const auto forgiven = list.forgive(address("192.0.2.1"));
    REQUIRE(forgiven);
    CHECK(forgiven->until == DenyList::forever);
    CHECK_FALSE(list.contains(address("192.0.2.1")));
    CHECK_FALSE(list.forgive(address("192.0.2.1")));
}

TEST_CASE("a full list takes nobody new")
{
    DenyList list;
    for (std::size_t i = 0; i < DenyList::max_entries; ++i)
        REQUIRE(list.add(numbered(i), start, start) == DenyList::Added::fresh);
    CHECK(list.add(numbered(DenyList::max_entries), start, start) == DenyList::Added::full);
    CHECK_FALSE(list.contains(numbered(DenyList::max_entries)));
    CHECK(list.add(numbered(0), start, start) == DenyList::Added::known);
    CHECK(list.size() == DenyList::max_entries);
}

} // namespace usherd::core
