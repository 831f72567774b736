// SPDX-License-Identifier: BSD-2-Clause
#include <utility>
#include <vector>

#include "config-parser/spec_pool.h"
#include "tests/support/catch.h"

namespace usherd::config {

namespace {

ServiceSpec made_of(const char* server, std::uint32_t instances)
{
    ServiceSpec spec;
    spec.process->server = server;
    spec.policy->instances = instances;
    return spec;
}

} // namespace

TEST_CASE("a copy of a shared value is the same one in memory until somebody changes his")
{
    Shared<CommonSettings> one;
    one->backlog = 5;
    Shared<CommonSettings> other = one;
    CHECK(other.is_one_with(one));
    other->backlog = 6;
    CHECK_FALSE(other.is_one_with(one));
    CHECK(std::as_const(one)->backlog == 5U);
    CHECK(std::as_const(other)->backlog == 6U);
}

TEST_CASE("shared values are equal by what they are, one in memory or not")
{
    CHECK(Shared<CommonSettings>() == Shared<CommonSettings>(CommonSettings{}));
    Shared<CommonSettings> changed;
    changed->backlog = 5;
    CHECK_FALSE(Shared<CommonSettings>() == changed);
}

TEST_CASE("the parts in which two services are alike become one, the others stay apart")
{
    SpecPool pool;
    auto one = made_of("/bin/a", 3);
    auto other = made_of("/bin/b", 3);
    pool.share(one);
    pool.share(other);
    CHECK(other.policy.is_one_with(one.policy));
    CHECK_FALSE(other.process.is_one_with(one.process));
    CHECK(std::as_const(other).process->server == "/bin/b");
}

TEST_CASE("a service of an earlier load shares its parts with those of a later one")
{
    const auto early = made_of("/bin/a", 3);
    auto late = made_of("/bin/a", 3);
    SpecPool pool;
    pool.learn(early);
    pool.share(late);
    CHECK(late.process.is_one_with(early.process));
    CHECK(late.same_settings(early));
}

TEST_CASE("a part that was met long ago is not looked for")
{
    SpecPool pool;
    auto first = made_of("/bin/a", 0);
    pool.share(first);
    for (std::uint32_t i = 1; i <= SpecPool::most_looked_at; ++i) {
        auto next = made_of("/bin/a", i);
        pool.share(next);
        CHECK(next.process.is_one_with(first.process));
    }
    auto last = made_of("/bin/a", 0);
    pool.share(last);
    CHECK_FALSE(last.policy.is_one_with(first.policy));
    CHECK(last.same_settings(first));
}

TEST_CASE("origins are told as they were given, of whichever service of their shape they are")
{
    const SourceLocation here{SourceId{3}, 10, 1};
    const std::vector<AttributeOrigin> given{{1, false, {SourceId{3}, 12, 5}},
                                             {2, true, {SourceId{0}, 4, 9}},
                                             {3, false, {SourceId{3}, 9, 1}}};
    CHECK(Origins(given, here).all(here) == given);
    CHECK(Origins(given, here).find(2, here) == given[1]);
    CHECK_FALSE(Origins(given, here).find(4, here));

    const SourceLocation there{SourceId{4}, 20, 1};
    const std::vector<AttributeOrigin> alike{{1, false, {SourceId{4}, 22, 5}},
                                             {2, true, {SourceId{0}, 4, 9}},
                                             {3, false, {SourceId{4}, 19, 1}}};
    CHECK(Origins(alike, there) == Origins(given, here));
    CHECK(Origins(given, here).all(there) == alike);
}

TEST_CASE("what one service has of its own is small")
{
    STATIC_REQUIRE(sizeof(ServiceSpec) <= 224);
}

} // namespace usherd::config
