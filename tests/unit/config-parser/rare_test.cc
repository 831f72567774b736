// SPDX-License-Identifier: BSD-2-Clause
//
// Rare values behave like the optionals, strings and arrays they stand for.

#include "config-parser/rare.h"
#include "config-parser/service_spec.h"
#include "tests/support/catch.h"

namespace usherd::config {

TEST_CASE("a rare value is absent, set, replaced and taken away")
{
    Rare<int> value;
    CHECK_FALSE(value);
    value = 5;
    REQUIRE(value);
    CHECK(*value == 5);
    value = 6;
    CHECK(value == 6);
    value.reset();
    CHECK_FALSE(value.has_value());
    CHECK(value.emplace(7) == 7);
    value = std::nullopt;
    CHECK_FALSE(value);
}

TEST_CASE("a copy of a rare value is a value of its own")
{
    Rare<std::vector<std::string>> one = std::vector<std::string>{"a"};
    Rare<std::vector<std::string>> other = one;
    CHECK(one == other);
    other->push_back("b");
    CHECK_FALSE(one == other);
    CHECK(one->size() == 1);
    one = other;
    CHECK(one == other);
    CHECK_FALSE(one == Rare<std::vector<std::string>>{});
}

TEST_CASE("rare values are set by braces as optionals are")
{
    Rare<GroupRef> group;
    group = {.text = "daemon", .gid = 1};
    CHECK(group->gid == 1);
    Rare<std::vector<std::string>> names;
    names = {{"A", "B", "C"}};
    CHECK(names->size() == 3);
    names.emplace();
    CHECK(names->empty());
    CHECK(Rare<int>(std::optional<int>{}) == Rare<int>{});
    CHECK(Rare<int>(std::optional<int>{3}) == 3);
}

TEST_CASE("a rare text is empty or a string")
{
    RareText text;
    CHECK(text.empty());
    CHECK(text == "");
    text = "banner";
    CHECK(text == "banner");
    const std::string& same = text;
    CHECK(same == "banner");
    text = std::string();
    CHECK(text.empty());
    CHECK(text == RareText{});
}

TEST_CASE("resource limits are none until one is set, and compare by value")
{
    ResourceLimits limits;
    const ResourceLimits none;
    CHECK_FALSE(none[0]);
    limits[2] = 77;
    CHECK(limits[2] == 77U);
    CHECK_FALSE(limits[1]);
    CHECK_FALSE(limits == none);
    limits[2].reset();
    CHECK(limits == none);
}

} // namespace usherd::config
