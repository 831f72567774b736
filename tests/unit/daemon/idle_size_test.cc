// SPDX-License-Identifier: BSD-2-Clause
//
// What an idle service costs in the daemon, so that it does not grow unnoticed. @see
// scripts/bench.sh, service-memory
#include "daemon/service.h"
#include "tests/support/catch.h"

namespace usherd::daemon {

TEST_CASE("an idle service and its listener are small: what only clients need is made for them")
{
    STATIC_REQUIRE(sizeof(Service) <= 200);
    STATIC_REQUIRE(sizeof(Listener) <= 128);
}

} // namespace usherd::daemon
