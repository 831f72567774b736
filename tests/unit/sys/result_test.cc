// SPDX-License-Identifier: BSD-2-Clause
#include <memory>
#include <string>
#include <utility>

#include "daemon/sys/result.h"
#include "tests/support/catch.h"

namespace usherd::sys {

TEST_CASE("a result holds a value or the error of a call")
{
    const Result<int> good = 7;
    CHECK(good.has_value());
    CHECK(static_cast<bool>(good));
    CHECK(good.value() == 7);
    CHECK(*good == 7);

    const Result<int> bad = SysError{"bind", EADDRINUSE};
    CHECK_FALSE(bad.has_value());
    CHECK_FALSE(static_cast<bool>(bad));
    CHECK(bad.error() == SysError{"bind", EADDRINUSE});
}

TEST_CASE("a value that cannot be copied can be taken out of its result")
{
    Result<std::unique_ptr<std::string>> result = std::make_unique<std::string>("text");
    REQUIRE(result);
    CHECK((*result)->size() == 4);
    CHECK(result->get() == result.value().get());
    const std::unique_ptr<std::string> taken = std::move(result).value();
    CHECK(*taken == "text");
    CHECK(result.value() == nullptr); // NOLINT(bugprone-use-after-move): moved-from is null

    Result<std::unique_ptr<std::string>> other = std::make_unique<std::string>("more");
    const auto moved = *std::move(other);
    CHECK(*moved == "more");
}

TEST_CASE("a result of the same type as the errno is a value, not an error")
{
    struct Number {
        int value;
    };
    const Result<Number> result = Number{EPERM};
    REQUIRE(result.has_value());
    CHECK(result->value == EPERM);
}

TEST_CASE("a result without a value is success or an error")
{
    const Result<void> good;
    CHECK(good.has_value());
    const Result<void> bad = SysError{"chdir", ENOENT};
    CHECK_FALSE(bad);
    CHECK(bad.error().number == ENOENT);
    // An error with the number 0 is an error all the same.
    CHECK_FALSE(Result<void>(SysError{"read", 0}).has_value());
}

TEST_CASE("the last error is that of the call which has just failed")
{
    errno = EMFILE;
    CHECK(last_error("accept4") == SysError{"accept4", EMFILE});
}

TEST_CASE("errors are equal if the call and the number are, wherever its name is kept")
{
    const std::string kept_elsewhere = "bind";
    CHECK(SysError{"bind", EACCES} == SysError{kept_elsewhere.c_str(), EACCES});
    CHECK_FALSE(SysError{"bind", EACCES} == SysError{"bind", EPERM});
    CHECK_FALSE(SysError{"bind", EACCES} == SysError{"listen", EACCES});
}

TEST_CASE("errors are worded as xinetd words them")
{
    CHECK(errno_text(EACCES) == "Permission denied (errno = 13)");
    CHECK(to_string({"bind", EADDRINUSE}) == "bind: Address already in use (errno = 98)");
    CHECK(errno_text(99999) == "Unknown error 99999 (errno = 99999)");
}

} // namespace usherd::sys
