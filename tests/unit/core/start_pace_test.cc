// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/core/start_pace.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;

namespace usherd::core {

namespace {

constexpr std::size_t many = 4;
constexpr std::size_t few = 1;
const StartPace::SteadyTime now{1000s};

/// With the pids 1 to `count`.
StartPace with_young_ones(int count)
{
    StartPace pace(many, few);
    for (int pid = 1; pid <= count; ++pid)
        pace.began(pid, now);
    return pace;
}

} // namespace

TEST_CASE("starts follow each other until there are many young handlers")
{
    CHECK_FALSE(with_young_ones(0).is_enough(now));
    CHECK_FALSE(with_young_ones(3).is_enough(now));
    CHECK(with_young_ones(4).is_enough(now));
}

TEST_CASE("the next batch begins when few of the last are left")
{
    auto pace = with_young_ones(4);
    REQUIRE(pace.is_enough(now));
    for (const int pid : {2, 1}) {
        pace.exited(pid);
        CHECK(pace.is_enough(now));
    }
    pace.exited(4);
    CHECK_FALSE(pace.is_enough(now));
    pace.began(5, now);
    CHECK_FALSE(pace.is_enough(now)); // until there are many again
}

TEST_CASE("handlers that stay are not waited for")
{
    auto pace = with_young_ones(4);
    REQUIRE(pace.is_enough(now + StartPace::youth - 1ms));
    CHECK_FALSE(pace.is_enough(now + StartPace::youth));
}

TEST_CASE("nobody is young when all have exited, or are too old")
{
    CHECK(with_young_ones(0).has_no_young());
    auto pace = with_young_ones(2);
    pace.exited(1);
    CHECK_FALSE(pace.has_no_young());
    SECTION("exited")
    {
        pace.exited(2);
    }
    SECTION("too old")
    {
        CHECK_FALSE(pace.is_enough(now + StartPace::youth));
    }
    CHECK(pace.has_no_young());
}

TEST_CASE("processes that are not ours change nothing")
{
    auto pace = with_young_ones(4);
    for (int pid = 100; pid < 200; ++pid)
        pace.exited(pid);
    CHECK(pace.is_enough(now));
}

TEST_CASE("more than enough are begun where nobody asks, and the oldest are forgotten")
{
    auto pace = with_young_ones(100);
    CHECK(pace.is_enough(now));
    for (int pid = 1; pid <= 96; ++pid)
        pace.exited(pid);
    CHECK(pace.is_enough(now));
    for (int pid = 97; pid <= 99; ++pid)
        pace.exited(pid);
    CHECK_FALSE(pace.is_enough(now));
}

} // namespace usherd::core
