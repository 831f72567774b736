// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/name_cache.h"
#include "tests/support/catch.h"
#include "tests/unit/sys/host_helpers.h"

namespace usherd::sys {

namespace {

using namespace std::chrono_literals;
constexpr NameCache::Time start{};

} // namespace

TEST_CASE("what is learnt is known until it expires")
{
    NameCache cache(10);
    CHECK_FALSE(cache.find(host("192.0.2.1"), start));
    cache.insert(host("192.0.2.1"), "one", start + 5s);
    CHECK(cache.find(host("192.0.2.1"), start) == "one");
    CHECK(cache.find(host("192.0.2.1"), start + 5s - 1ns) == "one");
    CHECK_FALSE(cache.find(host("192.0.2.1"), start + 5s));
    CHECK_FALSE(cache.find(host("192.0.2.2"), start));
}

TEST_CASE("that there is no name is knowledge too")
{
    NameCache cache(10);
    cache.insert(host("192.0.2.1"), "", start + 5s);
    const auto found = cache.find(host("192.0.2.1"), start);
    REQUIRE(found);
    CHECK(found->empty());
}

TEST_CASE("the oldest makes room, and what is learnt again is young")
{
    NameCache cache(2);
    cache.insert(host("192.0.2.1"), "one", start + 5s);
    cache.insert(host("192.0.2.2"), "two", start + 5s);
    cache.insert(host("192.0.2.1"), "uno", start + 9s);
    CHECK(cache.size() == 2);
    cache.insert(host("192.0.2.3"), "three", start + 5s);
    CHECK(cache.size() == 2);
    CHECK(cache.find(host("192.0.2.1"), start + 8s) == "uno");
    CHECK_FALSE(cache.find(host("192.0.2.2"), start));
    CHECK(cache.find(host("192.0.2.3"), start) == "three");
}

TEST_CASE("a cache never grows beyond its limit")
{
    NameCache cache(100);
    for (int i = 0; i < 10'000; ++i) {
        HostAddress address;
        address.bytes[14] = static_cast<std::uint8_t>(i >> 8);
        address.bytes[15] = static_cast<std::uint8_t>(i);
        cache.insert(address, "name", start + 5s);
        REQUIRE(cache.size() <= 100);
    }
    cache.clear();
    CHECK(cache.size() == 0);
    cache.insert(host("192.0.2.1"), "one", start + 5s);
    CHECK(cache.size() == 1);
}

} // namespace usherd::sys
