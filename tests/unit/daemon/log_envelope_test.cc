// SPDX-License-Identifier: BSD-2-Clause
//
// The expected envelopes are xinetd 2.3.15.3's, as it wrote them.

#include "daemon/log_envelope.h"
#include "tests/support/catch.h"

namespace usherd::daemon {

namespace {

std::tm moment(int year, int month, int day, int hour, int minute, int second)
{
    std::tm parts{};
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = second;
    return parts;
}

} // namespace

TEST_CASE("a file's time has two digits of the year, an unpadded day, a padded clock")
{
    CHECK(file_stamp(moment(2026, 11, 20, 22, 18, 13)) == "26/11/20@22:18:13");
    CHECK(file_stamp(moment(2026, 1, 5, 9, 3, 7)) == "26/1/5@09:03:07");
    CHECK(file_stamp(moment(2105, 1, 5, 0, 0, 0)) == "05/1/5@00:00:00");
}

TEST_CASE("syslog's time has the day padded with a blank")
{
    CHECK(syslog_stamp(moment(2026, 11, 20, 22, 18, 13)) == "Nov 20 22:18:13");
    CHECK(syslog_stamp(moment(2026, 1, 5, 9, 3, 7)) == "Jan  5 09:03:07");
}

TEST_CASE("the time for machines is ISO 8601 in UTC")
{
    CHECK(iso_stamp(moment(2026, 1, 5, 9, 3, 7)) == "2026-01-05T09:03:07Z");
}

TEST_CASE("a critical message has pid and function in front")
{
    CHECK(critical_text(81, "{init_services} no services. Exiting...") ==
          "81 {init_services} no services. Exiting...");
    CHECK(critical_text(81, "no services. Exiting...") == "81 {usherd} no services. Exiting...");
}

} // namespace usherd::daemon
