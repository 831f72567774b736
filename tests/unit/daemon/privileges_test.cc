// SPDX-License-Identifier: BSD-2-Clause
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/privileges.h"
#include "tests/support/catch.h"

#ifndef __SANITIZE_ADDRESS__

namespace usherd::daemon {

namespace {

/// Whether a process that has called forbid_core_dumps() as `uid` could still dump core; in a
/// child, for it is not to be undone.
int dumpable_as(uid_t uid)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // Another user's process is not dumpable at first.
        if (::setuid(uid) < 0 || ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
            ::_exit(100);
        forbid_core_dumps();
        ::_exit(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("root's daemon dumps no core, an ordinary user's may")
{
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0)
        CHECK(dumpable_as(0) == 0);
    CHECK(dumpable_as(::geteuid() == 0 ? nobody : ::geteuid()) == 1);
}

} // namespace usherd::daemon

#endif
