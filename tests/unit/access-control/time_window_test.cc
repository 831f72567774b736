// SPDX-License-Identifier: BSD-2-Clause
#include <vector>

#include "access-control/time_window.h"
#include "tests/support/catch.h"

namespace usherd::access {

namespace {

constexpr LocalMinute at(int hour, int minute)
{
    return {static_cast<std::uint16_t>(hour * 60 + minute)};
}

} // namespace

TEST_CASE("an interval holds both its ends and nothing beyond them")
{
    const std::vector<TimeWindow> windows{{at(8, 30), at(9, 0)}};
    CHECK_FALSE(contains(windows, at(8, 29)));
    CHECK(contains(windows, at(8, 30)));
    CHECK(contains(windows, at(9, 0)));
    CHECK_FALSE(contains(windows, at(9, 1)));
}

TEST_CASE("several intervals hold what any of them holds")
{
    const std::vector<TimeWindow> windows{
        {at(1, 0), at(2, 0)}, {at(1, 30), at(3, 0)}, {at(22, 0), at(23, 59)}};
    CHECK(contains(windows, at(1, 0)));
    CHECK(contains(windows, at(3, 0)));
    CHECK_FALSE(contains(windows, at(3, 1)));
    CHECK_FALSE(contains(windows, at(21, 59)));
    CHECK(contains(windows, at(23, 59)));
}

TEST_CASE("an interval that ends before it starts runs across midnight")
{
    const std::vector<TimeWindow> windows{{at(22, 0), at(6, 0)}};
    CHECK_FALSE(contains(windows, at(21, 59)));
    CHECK(contains(windows, at(22, 0)));
    CHECK(contains(windows, at(23, 59)));
    CHECK(contains(windows, at(0, 0)));
    CHECK(contains(windows, at(6, 0)));
    CHECK_FALSE(contains(windows, at(6, 1)));
}

TEST_CASE("the whole day and a single minute are intervals too")
{
    const std::vector<TimeWindow> day{{at(0, 0), at(23, 59)}};
    CHECK(contains(day, at(0, 0)));
    CHECK(contains(day, at(23, 59)));
    const std::vector<TimeWindow> minute{{at(12, 0), at(12, 0)}};
    CHECK_FALSE(contains(minute, at(11, 59)));
    CHECK(contains(minute, at(12, 0)));
    CHECK_FALSE(contains(minute, at(12, 1)));
}

TEST_CASE("an empty list of intervals holds nothing")
{
    CHECK_FALSE(contains({}, at(0, 0)));
    CHECK_FALSE(contains({}, at(12, 0)));
}

} // namespace usherd::access
