// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/core/line_budget.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;

namespace usherd::core {

namespace {

const LineBudget::SteadyTime start{1000s};
constexpr int level = 3;

} // namespace

TEST_CASE("the first line of a second is written, the others are held back")
{
    LineBudget budget;
    CHECK(budget.take("ftp", "accept", "one", level, start));
    CHECK_FALSE(budget.take("ftp", "accept", "two", level, start));
    CHECK_FALSE(budget.take("ftp", "accept", "three", level, start + 999ms));
}

TEST_CASE("a line after a quiet second is written")
{
    LineBudget budget;
    REQUIRE(budget.take("ftp", "accept", "one", level, start));
    CHECK(budget.take("ftp", "accept", "two", level, start + 1s));
}

TEST_CASE("another service and another kind have their own line")
{
    LineBudget budget;
    REQUIRE(budget.take("ftp", "accept", "one", level, start));
    CHECK(budget.take("ssh", "accept", "one", level, start));
    CHECK(budget.take("ftp", "load", "one", level, start));
}

TEST_CASE("what was held back is summarised when the second is over, once")
{
    LineBudget budget;
    REQUIRE(budget.take("ftp", "accept", "refused A", level, start));
    for (int i = 0; i < 41; ++i)
        REQUIRE_FALSE(budget.take("ftp", "accept", "refused B", level, start + 1ms));
    CHECK(budget.collect(start + 999ms).empty());

    const auto summaries = budget.collect(start + 1s);
    REQUIRE(summaries.size() == 1);
    CHECK(summaries[0].text == "refused B");
    CHECK(summaries[0].level == level);
    CHECK(summaries[0].held_back == 41);
    CHECK(summary_line(summaries[0]) == "refused B … and 40 more in the last second");
    CHECK(budget.collect(start + 2s).empty());
}

TEST_CASE("a single line that was held back is written as it is")
{
    LineBudget budget;
    REQUIRE(budget.take("ftp", "accept", "refused A", level, start));
    REQUIRE_FALSE(budget.take("ftp", "accept", "refused B", level, start));
    CHECK(summary_line(budget.collect(start + 1s).at(0)) == "refused B");
}

TEST_CASE("a summary is its second's line")
{
    LineBudget budget;
    REQUIRE(budget.take("ftp", "accept", "one", level, start));
    REQUIRE_FALSE(budget.take("ftp", "accept", "two", level, start));
    REQUIRE(budget.collect(start + 1s).size() == 1);
    CHECK_FALSE(budget.take("ftp", "accept", "three", level, start + 1500ms));
    CHECK(budget.collect(start + 2s).size() == 1);
    CHECK(budget.collect(start + 3s).empty());
    CHECK(budget.take("ftp", "accept", "four", level, start + 3s));
}

TEST_CASE("a line that comes late, before its summary, is counted with the others")
{
    LineBudget budget;
    REQUIRE(budget.take("ftp", "accept", "one", level, start));
    REQUIRE_FALSE(budget.take("ftp", "accept", "two", level, start));
    CHECK_FALSE(budget.take("ftp", "accept", "three", level, start + 1s));
    CHECK(budget.collect(start + 1s).at(0).held_back == 2);
}

TEST_CASE("what is quiet is forgotten")
{
    LineBudget budget;
    CHECK_FALSE(budget.next_due());
    REQUIRE(budget.take("ftp", "accept", "one", level, start));
    CHECK(budget.next_due() == start + 1s);
    CHECK(budget.collect(start + 1s).empty());
    CHECK_FALSE(budget.next_due());
}

} // namespace usherd::core
