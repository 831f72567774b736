// SPDX-License-Identifier: BSD-2-Clause

#include <cstdlib>
#include <ctime>

#include "daemon/sys/local_time.h"
#include "tests/support/catch.h"

namespace usherd::sys {
namespace {

using std::chrono::system_clock;

/// Berlin's clock, without the files of tzdata.
class BerlinTime {
public:
    BerlinTime()
    {
        ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        ::tzset();
    }
    ~BerlinTime()
    {
        ::unsetenv("TZ");
        ::tzset();
    }
    BerlinTime(const BerlinTime&) = delete;
    BerlinTime& operator=(const BerlinTime&) = delete;
};

system_clock::time_point utc(int year, unsigned month, unsigned day, int minutes)
{
    return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) /
                                 static_cast<int>(day)) +
           std::chrono::minutes(minutes);
}

TEST_CASE("a moment is local time, with a date or without")
{
    const BerlinTime berlin;
    const auto now = utc(2027, 7, 1, 12 * 60);
    for (const char* const text : {"2027-02-14 03:10", "2027-02-14T03:10"}) {
        const auto moment = parse_local_moment(text, now).value();
        CHECK(moment.minute == 190);
        CHECK(moment.when == utc(2027, 2, 14, 130));
    }
    CHECK(parse_local_moment("03:10", now).value().when == utc(2027, 7, 1, 70));
    CHECK(parse_local_moment("23:59", now).value().minute == 1439);
    CHECK(local_moment(now).minute == 14 * 60);
}

TEST_CASE("a time that the clock leaves out keeps its minute")
{
    const BerlinTime berlin;
    const auto moment = parse_local_moment("2027-03-28 02:30", utc(2027, 7, 1, 0)).value();
    CHECK(moment.minute == 150);
    CHECK((moment.when == utc(2027, 3, 28, 90) || moment.when == utc(2027, 3, 28, 30)));
}

TEST_CASE("what is no moment is none")
{
    for (const char* const bad :
         {"", "24:00", "3", "2027-02-14", "03:10:00", "2027-13-01 00:00", "03:10 "})
        CHECK_FALSE(parse_local_moment(bad, system_clock::time_point{}));
}

} // namespace
} // namespace usherd::sys
