// SPDX-License-Identifier: BSD-2-Clause

#include <nlohmann/json.hpp>

#include "daemon/control/log_json.h"
#include "tests/support/catch.h"

namespace usherd::control {

TEST_CASE("a JSON message has time, level, pid and text")
{
    CHECK(json_message("2026-01-05T09:03:07Z", "WARNING", 68, "say \"hi\"") ==
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
    CHECK(nlohmann::json::accept(json_message("T", "INFO", 1, "\xff\xfe")));
    CHECK(nlohmann::json::accept(json_record("T", "START: \xff")));
}

} // namespace usherd::control
