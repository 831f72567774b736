// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "daemon/sys/unique_fd.h"
#include "tests/support/catch.h"

namespace usherd::sys {

namespace {

UniqueFd open_something()
{
    UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    REQUIRE(fd);
    return fd;
}

bool is_open(int fd)
{
    return ::fcntl(fd, F_GETFD) >= 0;
}

} // namespace

TEST_CASE("a descriptor is closed when its owner dies")
{
    int number = -1;
    {
        const UniqueFd fd = open_something();
        number = fd.get();
        CHECK(is_open(number));
    }
    CHECK_FALSE(is_open(number));
}

TEST_CASE("a moved descriptor has one owner, and the former content is closed")
{
    UniqueFd one = open_something();
    UniqueFd other = open_something();
    const int first = one.get();
    const int second = other.get();
    other = std::move(one);
    CHECK(other.get() == first);
    CHECK_FALSE(is_open(second));
    auto& same = other;
    other = std::move(same);
    CHECK(other.get() == first);
    CHECK(is_open(first));
}

TEST_CASE("a released descriptor stays open")
{
    UniqueFd fd = open_something();
    const int number = fd.release();
    CHECK_FALSE(fd);
    CHECK(is_open(number));
    ::close(number);
}

TEST_CASE("an owner of nothing is false, and descriptor 0 is something")
{
    CHECK_FALSE(UniqueFd());
    CHECK_FALSE(UniqueFd(-1));
    UniqueFd zero(0);
    CHECK(zero);
    CHECK(zero.release() == 0);
}

} // namespace usherd::sys
