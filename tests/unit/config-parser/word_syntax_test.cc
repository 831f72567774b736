// SPDX-License-Identifier: BSD-2-Clause
//
// Keywords, numbers, durations, endpoints: their edges from both sides.

#include "config-parser/address_syntax.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/size_syntax.h"
#include "config-parser/time_syntax.h"
#include "tests/unit/config-parser/draft_bench.h"

namespace usherd::config {

using test::DraftBench;
using namespace std::chrono_literals;

TEST_CASE("one slip is one step, whichever kind it is")
{
    CHECK(edit_distance("server", "server", 3) == 0);
    CHECK(edit_distance("sever", "server", 3) == 1);
    CHECK(edit_distance("serrver", "server", 3) == 1);
    CHECK(edit_distance("servor", "server", 3) == 1);
    CHECK(edit_distance("sevrer", "server", 3) == 1);
    CHECK(edit_distance("SERVER", "server", 3) == 0);
    CHECK(edit_distance("kitten", "sitting", 3) == 3);
}

TEST_CASE("the count of steps stops above its limit")
{
    CHECK(edit_distance("abcdef", "uvwxyz", 2) == 3);
    CHECK(edit_distance("a", "abcdefgh", 2) == 3);
    CHECK(edit_distance("", "", 0) == 0);
}

TEST_CASE("numbers are digits and nothing else, and do not wrap")
{
    CHECK(parse_unsigned("0") == 0U);
    CHECK(parse_unsigned("18446744073709551615") == UINT64_MAX);
    CHECK_FALSE(parse_unsigned("18446744073709551616"));
    for (const char* const bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1k"}) {
        INFO(bad);
        CHECK_FALSE(parse_unsigned(bad));
    }
    CHECK(parse_signed("-5") == -5);
    CHECK(parse_signed("+5") == 5);
    CHECK_FALSE(parse_signed("-"));
    CHECK_FALSE(parse_signed("--5"));
    CHECK_FALSE(parse_signed("9223372036854775808"));
}

TEST_CASE("sizes take one suffix and do not overflow")
{
    CHECK(parse_size("1k") == 1024U);
    CHECK(parse_size("2M") == 2U << 20);
    CHECK_FALSE(parse_size("1g"));
    CHECK_FALSE(parse_size("1kk"));
    CHECK_FALSE(parse_size("M"));
    CHECK_FALSE(parse_size("18446744073709551615M"));
}

TEST_CASE("octal numbers end at their maximum")
{
    CHECK(parse_octal("777", 0777) == 0777U);
    CHECK_FALSE(parse_octal("1000", 0777));
    CHECK_FALSE(parse_octal("08", 0777));
    CHECK_FALSE(parse_octal("", 0777));
}

TEST_CASE("a number may have a sign and white space around it, as in xinetd")
{
    for (const char* const five : {"5", "+5", "005", "\v5", "\f+5", "5\r", "\r5\v"}) {
        INFO(five);
        CHECK(parse_natural(five) == 5U);
        CHECK(parse_signed(five) == 5);
        CHECK(parse_size(five) == 5U);
        CHECK(parse_octal(five, 0777) == 5U);
    }
    CHECK(parse_natural("-0") == 0U);
    CHECK(parse_natural("\r") == 0U);
    CHECK(parse_size("\v5k") == 5U << 10);
    CHECK(parse_size("5k\r") == 5U << 10);
    CHECK_FALSE(parse_size("k\r"));
    for (const char* const bad : {"", "-5", "-", "+", "++5", "+-5", "- 0", "5k", "5 5"}) {
        INFO(bad);
        CHECK_FALSE(parse_natural(bad));
    }
}

TEST_CASE("a nice value too large for an int is a bad value")
{
    CHECK(DraftBench().with({"nice = -2147483648"}).draft.spec.process->nice == INT32_MIN);
    for (const char* const line :
         {"nice = 2147483648", "nice = 4294967296", "nice = -2147483649"}) {
        DraftBench bench;
        CHECK_FALSE(bench.set(line));
    }
}

TEST_CASE("cps takes whatever 32 bits hold, as in xinetd")
{
    CHECK(DraftBench().with({"cps = 4294967295 2147483648"}).draft.spec.policy->cps.rate ==
          UINT32_MAX);
    CHECK(DraftBench().with({"cps = -2147483648 1"}).draft.spec.policy->cps.rate == 1U << 31);
    DraftBench bench;
    CHECK_FALSE(bench.set("cps = 4294967296 1"));
    CHECK_FALSE(bench.set("cps = -2147483649 1"));
}

TEST_CASE("a negative resource limit is none, if 64 bits hold it")
{
    DraftBench bench;
    CHECK(bench.set("rlimit_as = -18446744073709551615"));
    CHECK_FALSE(bench.set("rlimit_as = -18446744073709551616"));
}

TEST_CASE("durations have units and an upper end")
{
    const auto duration = [](std::string_view text) {
        DraftBench bench;
        bench.set("kill_grace = " + std::string(text));
        return bench.draft.spec.kill_grace;
    };
    CHECK(duration("0") == 0s);
    CHECK(duration("90") == 90s);
    CHECK(duration("90s") == 90s);
    CHECK(duration("5m") == 5min);
    CHECK(duration("2h") == 2h);
    CHECK(duration("1d") == 24h);
    CHECK(duration("36525d") == 36525 * 24h);
    CHECK(duration("36526d") == 5s); // refused, so it stays as it was
}

TEST_CASE("listen words become endpoints")
{
    const auto endpoint = [](std::string_view text) {
        DraftBench bench;
        return bench.set("listen = " + std::string(text))
                   ? to_string(bench.draft.spec.endpoints.at(0))
                   : std::string{"none"};
    };
    CHECK(endpoint("80") == "[::]:80");
    CHECK(endpoint("*:80") == "*:80");
    CHECK(endpoint("192.0.2.1:80") == "192.0.2.1:80");
    CHECK(endpoint("[2001:db8::1]:0") == "[2001:db8::1]:0");
    CHECK(endpoint("[::]:65535") == "[::]:65535");
    CHECK(endpoint("unix:/run/x") == "unix:/run/x");
    CHECK(endpoint("unix:@x") == "unix:@x");
    CHECK(endpoint("unix:/" + std::string(106, 'a')) == "unix:/" + std::string(106, 'a'));
    for (const std::string& bad :
         {std::string{"65536"}, std::string{":80"}, std::string{"1.2.3.4"}, std::string{"x:80"},
          std::string{"[::1]"}, std::string{"[]:80"}, std::string{"::1:80"}, std::string{"unix:"},
          std::string{"unix:@"}, std::string{"unix:x"}, "unix:/" + std::string(107, 'a')}) {
        INFO(bad);
        CHECK(endpoint(bad) == "none");
    }
}

TEST_CASE("C library addresses are read to their last digit")
{
    CHECK(parse_numeric_ipv4("255.255.255.255"));
    CHECK(parse_numeric_ipv4("1.16777215"));
    CHECK_FALSE(parse_numeric_ipv4("1.16777216"));
    CHECK_FALSE(parse_numeric_ipv4("256.1.1.1"));
    CHECK_FALSE(parse_numeric_ipv4("1.2.3.256"));
    CHECK_FALSE(parse_numeric_ipv4("1.2.3.4."));
    CHECK_FALSE(parse_numeric_ipv4("09"));
    CHECK_FALSE(parse_numeric_ipv4("0x"));
    CHECK_FALSE(parse_numeric_ipv4("4294967296"));
    CHECK_FALSE(parse_numeric_ipv4(""));
}

} // namespace usherd::config
