// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/core/lingering.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using namespace std::chrono_literals;
constexpr Lingering::SteadyTime begin{1h};

} // namespace

TEST_CASE("the loop stays awake for a moment after a quick handler")
{
    Lingering lingering;
    CHECK_FALSE(lingering.goes_on(begin));
    const auto exit = begin + Lingering::quick - 1us;
    lingering.alone(begin, exit);
    CHECK(lingering.goes_on(exit));
    CHECK(lingering.goes_on(exit + Lingering::longest - 1us));
    CHECK_FALSE(lingering.goes_on(exit + Lingering::longest));
}

TEST_CASE("the loop sleeps at once after a handler that has run longer")
{
    Lingering lingering;
    lingering.alone(begin, begin + Lingering::quick);
    CHECK_FALSE(lingering.goes_on(begin + Lingering::quick));
}

TEST_CASE("the loop need not stay awake for whom has come")
{
    Lingering lingering;
    lingering.alone(begin, begin + 1us);
    lingering.stop();
    CHECK_FALSE(lingering.goes_on(begin + 1us));
}

} // namespace usherd::core
