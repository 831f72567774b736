// SPDX-License-Identifier: BSD-2-Clause

#include <cstdio>

#include "daemon/core/reply_guard.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;

namespace usherd::core {

namespace {

const ReplyGuard::SteadyTime start{1000s};

access::Peer sender(std::string_view address, std::uint16_t port = 40000)
{
    return {*access::IpAddress::parse(address), access::Arrival::native, port};
}

/// How many of `count` datagrams that come at once are answered.
int answered(ReplyGuard& guard, const access::Peer& peer, int count, ReplyGuard::SteadyTime now)
{
    int answers = 0;
    for (int i = 0; i < count; ++i)
        answers += guard.check(peer, now) == ReplyVerdict::answer ? 1 : 0;
    return answers;
}

} // namespace

TEST_CASE("ports below 1024 are never answered")
{
    ReplyGuard guard{0};
    for (const std::uint16_t port :
         std::initializer_list<std::uint16_t>{0, 7, 13, 17, 19, 37, 53, 123, 1023})
        CHECK(guard.check(sender("192.0.2.7", port), start) == ReplyVerdict::well_known_port);
    CHECK(guard.check(sender("192.0.2.7", 1024), start) == ReplyVerdict::answer);
}

TEST_CASE("a service does not answer its own port elsewhere")
{
    ReplyGuard guard{9007};
    CHECK(guard.check(sender("192.0.2.7", 9007), start) == ReplyVerdict::well_known_port);
    CHECK(guard.check(sender("192.0.2.7", 9008), start) == ReplyVerdict::answer);
}

TEST_CASE("senders that are not one host are never answered")
{
    ReplyGuard guard{0};
    for (const char* address : {"255.255.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
                                "0.0.0.0", "0.1.2.3", "::", "ff02::1"})
        CHECK(guard.check(sender(address), start) == ReplyVerdict::not_unicast);
    for (const char* address : {"223.255.255.255", "1.0.0.0", "127.0.0.1", "::1", "fe80::1"})
        CHECK(guard.check(sender(address), start) == ReplyVerdict::answer);
}

TEST_CASE("a source gets its burst, then as many answers as come back with time")
{
    ReplyGuard guard{0, {.per_second = 20, .burst = 40}};
    const auto peer = sender("192.0.2.7");
    CHECK(answered(guard, peer, 100, start) == 40);
    CHECK(answered(guard, peer, 100, start + 49ms) == 0);
    CHECK(answered(guard, peer, 100, start + 1s) == 20);
    CHECK(answered(guard, peer, 100, start + 1h) == 40);
}

TEST_CASE("one source's flood does not cost another one its answers")
{
    ReplyGuard guard{0, {.per_second = 20, .burst = 40}};
    CHECK(answered(guard, sender("192.0.2.7"), 1000, start) == 40);
    CHECK(answered(guard, sender("192.0.2.8"), 10, start) == 10);
}

TEST_CASE("another port of the same source shares its budget")
{
    ReplyGuard guard{0, {.per_second = 20, .burst = 1}};
    CHECK(guard.check(sender("192.0.2.7", 40000), start) == ReplyVerdict::answer);
    CHECK(guard.check(sender("192.0.2.7", 40001), start) == ReplyVerdict::over_budget);
}

TEST_CASE("the addresses of an IPv6 /64 share a budget, neighbouring networks do not")
{
    ReplyGuard guard{0, {.per_second = 20, .burst = 1}};
    CHECK(guard.check(sender("2001:db8:0:1::1"), start) == ReplyVerdict::answer);
    CHECK(guard.check(sender("2001:db8:0:1:ffff::2"), start) == ReplyVerdict::over_budget);
    CHECK(guard.check(sender("2001:db8:0:2::1"), start) == ReplyVerdict::answer);
}

TEST_CASE("no more than max_sources are remembered, and the least recently seen goes first")
{
    ReplyGuard guard{0, {.per_second = 0, .burst = 1, .max_sources = 3}};
    for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
        REQUIRE(guard.check(sender(address), start) == ReplyVerdict::answer);
    CHECK(guard.check(sender("192.0.2.1"), start) == ReplyVerdict::over_budget);
    CHECK(guard.check(sender("192.0.2.4"), start) == ReplyVerdict::answer); // in place of .2
    CHECK(guard.remembered() == 3);
    CHECK(guard.check(sender("192.0.2.1"), start) == ReplyVerdict::over_budget);
    CHECK(guard.check(sender("192.0.2.3"), start) == ReplyVerdict::over_budget);
    CHECK(guard.check(sender("192.0.2.2"), start) == ReplyVerdict::answer);
}

TEST_CASE("a flood from forged addresses leaves the table at its bound")
{
    ReplyGuard guard{0};
    for (int i = 0; i < 20000; ++i) {
        char address[32];
        std::snprintf(address, sizeof address, "10.%d.%d.1", i / 256, i % 256);
        REQUIRE(guard.check(sender(address), start) == ReplyVerdict::answer);
    }
    CHECK(guard.remembered() == ReplyBudget{}.max_sources);
}

} // namespace usherd::core
