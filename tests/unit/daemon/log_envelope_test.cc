// SPDX-License-Identifier: BSD-2-Clause
//
// The expected envelopes are xinetd 2.3.15.3's, as it wrote them.

#include <nlohmann/json.hpp>

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

TEST_CASE("a JSON message has time, level, pid and text")
{
    CHECK(json_message("2026-01-05T09:03:07Z", Level::warning, 68, "say \"hi\"") ==
          R"({"time":"2026-01-05T09:03:07Z","level":"warning","pid":68,"message":"say \"hi\""})");
}

TEST_CASE("a JSON record has the fields and the record itself")
{
    CHECK(json_record("T", "START: a pid=69 from=127.0.0.1") ==
          R"({"time":"T","type":"START","service":"a","pid":69,"from":"127.0.0.1",)"
          R"("record":"START: a pid=69 from=127.0.0.1"})");
    CHECK(json_record("T", "EXIT: a signal=9 pid=131 duration=3(sec)") ==
          R"({"time":"T","type":"EXIT","service":"a","signal":9,"pid":131,"duration":3,)"
          R"-("record":"EXIT: a signal=9 pid=131 duration=3(sec)"})-");
}

TEST_CASE("a JSON record of a refusal has the reason, blanks and all")
{
    const auto object =
        nlohmann::json::parse(json_record("T", "FAIL: a connections per second from=127.0.0.1"));
    CHECK(object["reason"] == "connections per second");
    CHECK(object["from"] == "127.0.0.1");
    CHECK(nlohmann::json::parse(json_record("T", "FAIL: a address"))["reason"] == "address");
}

TEST_CASE("a JSON record without a peer has no from")
{
    const auto object =
        nlohmann::json::parse(json_record("T", "START: a pid=69 from=<no address>"));
    CHECK_FALSE(object.contains("from"));
}

TEST_CASE("what is no UTF-8 does not break JSON")
{
    CHECK(nlohmann::json::accept(json_message("T", Level::info, 1, "\xff\xfe")));
    CHECK(nlohmann::json::accept(json_record("T", "START: \xff")));
}

} // namespace usherd::daemon
