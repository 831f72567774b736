// SPDX-License-Identifier: BSD-2-Clause
//
// A million forged IPv6 sources: whatever remembers sources stays within its bound.

#include "access-control/source_counter.h"
#include "daemon/core/deny_list.h"
#include "daemon/core/source_sketch.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

constexpr std::uint64_t sources = 1'000'000;

/// Another /64 for each number, and another host in it.
access::IpAddress forged(std::uint64_t number)
{
    access::IpAddress::Bytes16 bytes{0x20, 0x01, 0x0d, 0xb8};
    const std::uint64_t spread = number * 0x9e3779b97f4a7c15U;
    for (std::size_t i = 0; i < 8; ++i)
        bytes.at(4 + i) = static_cast<std::uint8_t>(spread >> (8 * i));
    bytes[15] = static_cast<std::uint8_t>(number);
    return access::IpAddress::from_ipv6(bytes);
}

} // namespace

TEST_CASE("a million forged IPv6 sources cost the sketch nothing and it has counted them all")
{
    SourceSketch sketch(4096, 7);
    const std::size_t before = sketch.memory();
    for (std::uint64_t i = 0; i < sources; ++i)
        sketch.add(forged(i), false);
    CHECK(sketch.memory() == before);
    CHECK(sketch.memory() < std::size_t{512} * 1024);
    CHECK(sketch.total() == sources);
}

TEST_CASE("a million forged IPv6 sources that touch a sensor fill its list and no more")
{
    DenyList list;
    const DenyList::Time until = DenyList::Time() + std::chrono::minutes(1);
    for (std::uint64_t i = 0; i < sources; ++i)
        (void)list.add(forged(i), DenyList::Time(), until);
    CHECK(list.size() == DenyList::max_entries);
    CHECK(list.add(forged(sources), DenyList::Time(), until) == DenyList::Added::full);
    CHECK(list.contains(forged(0)));
    CHECK(list.expire(until + std::chrono::seconds(1)) == DenyList::max_entries);
    CHECK(list.add(forged(sources), DenyList::Time(), until) == DenyList::Added::fresh);
}

TEST_CASE(
    "a million forged IPv6 sources that come and go leave nothing in the counts of per_source")
{
    access::SourceCounter counter;
    for (std::uint64_t i = 0; i < sources; ++i)
        (void)counter.take(forged(i));
    CHECK(counter.running() == 0);
    CHECK(counter.sources() == 0);
}

} // namespace usherd::core
