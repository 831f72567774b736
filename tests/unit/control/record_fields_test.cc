// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/control/record_fields.h"
#include "tests/support/catch.h"

namespace usherd::control {

using Numbers = std::vector<std::pair<std::string, std::int64_t>>;

TEST_CASE("a START record falls into service, pid and address")
{
    const auto fields = parse_record("START: daytime pid=0 from=::ffff:127.0.0.1");
    REQUIRE(fields);
    CHECK(fields->type == "START");
    CHECK(fields->service == "daytime");
    CHECK(fields->numbers == Numbers{{"pid", 0}});
    CHECK(fields->from == "::ffff:127.0.0.1");
    CHECK(fields->text.empty());
}

TEST_CASE("units are no part of a number")
{
    CHECK(parse_record("TRAFFIC: r1 in=4(bytes) out=0(bytes)")->numbers ==
          Numbers{{"in", 4}, {"out", 0}});
    CHECK(parse_record("EXIT: a status=7 pid=131 duration=3(sec)")->numbers ==
          Numbers{{"status", 7}, {"pid", 131}, {"duration", 3}});
}

TEST_CASE("words that are no fields are the text")
{
    const auto fields = parse_record("FAIL: a connections per second from=127.0.0.1");
    REQUIRE(fields);
    CHECK(fields->text == "connections per second");
    CHECK(fields->from == "127.0.0.1");
    CHECK(parse_record("USERID: a UNIX : x=y pid=z")->text == "UNIX : x=y pid=z");
}

TEST_CASE("no address is no from")
{
    CHECK_FALSE(parse_record("START: a pid=69 from=<no address>")->from);
}

TEST_CASE("a record may consist of type and service alone")
{
    CHECK(parse_record("START: a")->service == "a");
}

TEST_CASE("what is no record is not taken apart")
{
    for (const char* text : {"", "START:", "START", ":", ": a", "no type", "START "})
        CHECK_FALSE(parse_record(text));
}

} // namespace usherd::control
