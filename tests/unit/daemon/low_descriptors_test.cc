// SPDX-License-Identifier: BSD-2-Clause
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/low_descriptors.h"
#include "tests/support/catch.h"

namespace usherd::daemon {

namespace {

/// How many descriptors the kernel's table of this process can hold. @see proc(5), FDSize
int table_size()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    int size = 0;
    while (status >> word)
        if (word == "FDSize:")
            status >> size;
    return size;
}

/// What a child with so many descriptors at most has a table for, once there was to be room for
/// `count`; in eights, as an exit status is a byte.
int eights_with(rlim_t limit, std::size_t count)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit files{limit, limit};
        if (::setrlimit(RLIMIT_NOFILE, &files) != 0)
            ::_exit(255);
        make_room_for_descriptors(count);
        ::_exit(table_size() / 8);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("the table of descriptors has room for as many as are told, or as the limit allows")
{
    CHECK(eights_with(1024, 0) <= 256 / 8);
    CHECK(eights_with(1024, 600) == 1024 / 8);
    CHECK(eights_with(512, 5000) == 512 / 8);
}

} // namespace usherd::daemon
