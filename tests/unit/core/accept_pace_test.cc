// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/core/accept_pace.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

/// After so many turns that found one connection each.
AcceptPace after_single_ones(int turns)
{
    AcceptPace pace;
    for (int i = 0; i < turns; ++i)
        pace.turned(1);
    return pace;
}

} // namespace

TEST_CASE("a listener gives as many connections as there are, up to a bound")
{
    CHECK(AcceptPace().allowance() == AcceptPace::most);
    CHECK(after_single_ones(AcceptPace::believed_after - 1).allowance() == AcceptPace::most);
}

TEST_CASE("no second connection is asked for where turn after turn has found one")
{
    CHECK(after_single_ones(AcceptPace::believed_after).allowance() == 1);
}

TEST_CASE("a turn that finds several, or none, ends a row of single ones")
{
    for (const int found : {0, 2, AcceptPace::most}) {
        auto pace = after_single_ones(AcceptPace::believed_after - 1);
        pace.turned(found);
        pace.turned(1);
        CHECK(pace.allowance() == AcceptPace::most);
    }
}

TEST_CASE("a second connection is asked for again after a while")
{
    const int last = AcceptPace::believed_after + AcceptPace::believed_for - 1;
    CHECK(after_single_ones(last).allowance() == 1);
    CHECK(after_single_ones(last + 1).allowance() == AcceptPace::most);
}

} // namespace usherd::core
