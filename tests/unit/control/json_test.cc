// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/control/json.h"
#include "tests/support/catch.h"

namespace usherd::control {

namespace {

using std::chrono::milliseconds;

const Time moment{milliseconds(1'767'600'187'250)};

ServiceSummary summary()
{
    ServiceSummary s;
    s.id = "ftp";
    s.key = 3;
    s.name = "ftp";
    s.kind = "program";
    s.state = "active";
    s.stale = "broken";
    s.socket_type = "stream";
    s.protocol = "tcp";
    s.addresses = {"*:21", "[::]:21"};
    s.user = "ftp";
    s.running = 7;
    s.instances = 8;
    s.accepted = 9'007'199'254'740'993;
    s.refused = 2;
    s.refused_by = {{"address", 1}, {"rate", 1}};
    s.last_event = LastEvent{moment, "refused", "rate"};
    s.place = {"services.d/ftp", 3, 1};
    return s;
}

Trace trace()
{
    Trace t;
    t.service = "ftp";
    t.from = "192.0.2.7";
    t.at = moment;
    t.live = true;
    t.steps = {{"service_limit", "pass", "7 of 8", 7.0, 8.0, std::nullopt},
               {"load", "pass", "0.25 of 4", 0.25, 4.0, std::nullopt},
               {"address", "refuse", "no_access", std::nullopt, std::nullopt,
                TraceRule{"192.0.2.0/24", Place{"ftp", 7, 17}}}};
    t.reason = "address";
    return t;
}

template <typename T>
void check_there_and_back(const T& value)
{
    std::string why;
    const auto back = from_json<T>(to_json(value), why);
    INFO(to_json(value));
    INFO(why);
    REQUIRE(back);
    CHECK(*back == value);
}

template <typename T>
std::string why_not(std::string_view text)
{
    std::string why;
    CHECK_FALSE(from_json<T>(text, why));
    return why;
}

constexpr std::string_view a_ban = R"({"source":"::1","since":"2026-01-05T08:03:07.250Z","hits":0)";
std::string ban_with(std::string_view more)
{
    return std::string(a_ban).append(more).append("}");
}

} // namespace

TEST_CASE("every answer comes back from its JSON as it was")
{
    DaemonStatus status;
    status.version = "0.1.0";
    status.pid = 812;
    status.started = status.now = moment;
    status.reloads.last = moment;
    status.process_limit = 7;
    status.refused = {{"address", 3}};
    check_there_and_back(status);
    check_there_and_back(summary());
    check_there_and_back(ServiceList{{summary(), ServiceSummary{}}});
    ServiceDetail detail;
    detail.summary = summary();
    detail.attributes = {{"instances", "8", true, Place{"usherd.conf", 4, 5}},
                         {"nice", "0", false, std::nullopt}};
    detail.headroom = {{"service_limit", 7, 8}, {"per_source_limit", std::nullopt, 4}};
    detail.suspended_until = moment;
    detail.holders = {812, -1};
    check_there_and_back(ServiceDetails{{detail}});
    check_there_and_back(
        ConnectionList{{{812, "ftp", "program", "192.0.2.7", 4711, moment, "ftp", true}}});
    check_there_and_back(KillAnswer{812, "ftp", 5});
    check_there_and_back(
        SourceLists{4, {{"192.0.2.7", 3, 0, 1, 2}}, {{"192.0.2.0/24", 3, 1, 1, 1}}});
    check_there_and_back(BanList{{{"192.0.2.0/24", "why", moment, moment, 3}, {}},
                                 {{"192.0.2.9", "sensor", moment, {}, 0}}});
    check_there_and_back(BanOrder{"::1", 60, std::nullopt});
    check_there_and_back(TraceList{{trace()}});
}

TEST_CASE("an event comes back from its JSON as it was")
{
    Event event;
    event.seq = 18'446'744'073'709'551'615U;
    event.at = moment;
    event.kind = EventKind::exited;
    event.service = "ftp";
    event.pid = 812;
    event.signal = 9;
    event.duration_ms = 3;
    event.user_ms = 1;
    event.system_ms = 2;
    event.max_rss_kb = 4096;
    check_there_and_back(event);
}

TEST_CASE("the plan of a reload comes back from its JSON as it was")
{
    ReloadAnswer plan;
    plan.error = "reload_refused";
    plan.message = "because";
    plan.dry_run = true;
    plan.added = {{"a", {"*:1"}, {"f", 1, 1}}};
    plan.changed = {{"b", {{"instances", "7", "8"}}, "kept", 3}};
    plan.removed = {{"c", "removed", 2}};
    plan.stale = {{"d", "no server"}};
    plan.unchanged = 4;
    plan.errors = 1;
    plan.diagnostics = {{"error", {"f", 7, 17}, "expected", "did you mean", "d"}};
    check_there_and_back(plan);
}

TEST_CASE("the JSON of a ban has the documented members")
{
    Ban ban;
    ban.source = "192.0.2.0/24";
    ban.reason = "say \"hi\"";
    ban.since = moment;
    ban.hits = 3;
    CHECK(to_json(ban) == R"({"source":"192.0.2.0/24","reason":"say \"hi\"",)"
                          R"("since":"2026-01-05T08:03:07.250Z","hits":3})");
}

TEST_CASE("a limit that is whole is written as a whole number")
{
    CHECK(to_json(TraceList{{trace()}}).find(R"("used":7,"limit":8)") != std::string::npos);
    CHECK(to_json(TraceList{{trace()}}).find(R"("used":0.25,"limit":4)") != std::string::npos);
}

TEST_CASE("the members of an error are its code and its text")
{
    CHECK(to_json(Error{404, "not_found", "no service ftp"}) ==
          R"({"error":"not_found","message":"no service ftp"})");
}

TEST_CASE("text that is no UTF-8 does not keep a value from being written")
{
    CHECK(to_json(BanOrder{"\xff", std::nullopt, std::nullopt}) == "{\"source\":\"\xef\xbf\xbd\"}");
}

TEST_CASE("members that are not known are passed over")
{
    std::string why;
    CHECK(from_json<Ban>(ban_with(R"(,"colour":{"of":[1]})"), why));
}

TEST_CASE("reading says which member is wrong")
{
    CHECK(why_not<Ban>(R"({"source":"::1","hits":0})") == "since is missing");
    CHECK(why_not<Ban>(ban_with(R"(,"reason":7)")) == "reason is no string");
    CHECK(why_not<Ban>(ban_with(R"(,"until":"soon")")) == "until is no time");
    CHECK(why_not<BanList>(R"({"bans":7})") == "bans is no list");
    CHECK(why_not<BanList>(R"({"bans":[7]})") == "bans[0] is no object");
    CHECK(why_not<BanList>(R"({"bans":[{"source":null}]})") == "bans[0].source is no string");
    CHECK(why_not<Ban>("{") == "this is not JSON");
    CHECK(why_not<Ban>("7") == "this is no JSON object");
    CHECK(why_not<Ban>(std::string(1'000'000, '[')) == "this is not JSON");
}

TEST_CASE("a number outside its range is refused, not cut")
{
    const auto connection = [](std::string_view port) {
        return R"({"pid":1,"service":"a","kind":"program","since":"2026-01-05T08:03:07Z",)"
               R"("ending":false,"port":)" +
               std::string(port) + "}";
    };
    std::string why;
    CHECK(from_json<Connection>(connection("65535"), why));
    for (const char* port : {"65536", "-1", "1.0", "\"1\"", "true", "1e3"})
        CHECK(why_not<Connection>(connection(port)) == "port is no whole number in its range");
    CHECK(why_not<BanOrder>(R"({"source":"a","seconds":18446744073709551616})") ==
          "seconds is no whole number in its range");
}

TEST_CASE("a kind of event that is not known is unknown, not an error")
{
    std::string why;
    const auto event =
        from_json<Event>(R"({"seq":1,"at":"2026-01-05T08:03:07Z","kind":"party"})", why);
    REQUIRE(event);
    CHECK(event->kind == EventKind::unknown);
}

TEST_CASE("every kind of event has a name of its own")
{
    for (int i = 0; i < event_kind_count; ++i)
        CHECK(event_kind(name(static_cast<EventKind>(i))) == static_cast<EventKind>(i));
}

TEST_CASE("a time is read as it is written, and in no other form")
{
    CHECK(to_text(moment) == "2026-01-05T08:03:07.250Z");
    CHECK(parse_time("2026-01-05T08:03:07.250Z") == moment);
    CHECK(parse_time("2026-01-05T08:03:07.25Z") == moment);
    CHECK(parse_time("2026-01-05T08:03:07Z") == moment - milliseconds(250));
    CHECK(to_text(Time(milliseconds(-1))) == "1969-12-31T23:59:59.999Z");
    for (const char* text :
         {"", "2026-01-05", "2026-01-05T08:03:07", "2026-02-30T08:03:07Z", "2026-13-01T08:03:07Z",
          "2026-01-05T24:00:00Z", "2026-01-05T08:60:07Z", "2026-01-05T08:03:07.Z",
          "2026-01-05T08:03:07.1234Z", "2026-01-05 08:03:07Z", "2026-01-05T08:03:07Zx",
          "x026-01-05T08:03:07Z", "2026-01-05T08:03:07+01:00"})
        CHECK_FALSE(parse_time(text));
}

} // namespace usherd::control
