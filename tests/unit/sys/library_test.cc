// SPDX-License-Identifier: BSD-2-Clause
#include <cmath>

#include "daemon/sys/library.h"
#include "tests/support/catch.h"

namespace usherd::sys {

TEST_CASE("a library's functions can be called")
{
    Library library("libm.so.6");
    auto* cosine = library.get<double(double)>("cos");
    REQUIRE(cosine != nullptr);
    CHECK(cosine(0.0) == 1.0);
    CHECK(library.state());
}

TEST_CASE("a library that is not there has no functions and says so")
{
    Library library("libusherd-none.so.1");
    CHECK(library.get<void()>("anything") == nullptr);
    REQUIRE_FALSE(library.state());
    CHECK(library.state().error() == SysError{"libusherd-none.so.1", ELIBACC});
}

TEST_CASE("a library that lacks a function says so, whatever else it has")
{
    Library library("libm.so.6");
    CHECK(library.get<void()>("usherd_none") == nullptr);
    CHECK(library.get<double(double)>("sin") != nullptr);
    REQUIRE_FALSE(library.state());
    CHECK(library.state().error() == SysError{"libm.so.6", EINVAL});
}

} // namespace usherd::sys
