// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/control/request.h"
#include "tests/support/catch.h"

namespace usherd::control {

namespace {

template <typename T>
T parsed(std::string_view target, Method method = Method::get, std::string_view body = {})
{
    const auto result = parse_request(method, target, body);
    INFO(target);
    if (const auto* error = std::get_if<Error>(&result))
        FAIL(error->message);
    const auto* request = std::get_if<T>(&std::get<Request>(result));
    REQUIRE(request != nullptr);
    return *request;
}

Error refused(std::string_view target, Method method = Method::get, std::string_view body = {})
{
    const auto result = parse_request(method, target, body);
    INFO(target);
    const auto* error = std::get_if<Error>(&result);
    REQUIRE(error != nullptr);
    CHECK_FALSE(error->error.empty());
    CHECK_FALSE(error->message.empty());
    return *error;
}

} // namespace

TEST_CASE("each path of the protocol is a request")
{
    CHECK(parsed<GetStatus>("/v1/status") == GetStatus{});
    CHECK(parsed<GetServices>("/v1/services") == GetServices{});
    CHECK(parsed<GetService>("/v1/services/ftp").id == "ftp");
    CHECK(parsed<SwitchService>("/v1/services/ftp/enable", Method::post) ==
          SwitchService{"ftp", Switch::enable});
    CHECK(parsed<SwitchService>("/v1/services/ftp/disable", Method::post) ==
          SwitchService{"ftp", Switch::disable});
    CHECK(parsed<SwitchService>("/v1/services/ftp/drain", Method::post) ==
          SwitchService{"ftp", Switch::drain});
    CHECK(parsed<SwitchService>("/v1/services/ftp/drain?kill=1", Method::post).kill);
    CHECK(parsed<GetConnections>("/v1/connections?service=ftp").service == "ftp");
    CHECK(parsed<KillConnection>("/v1/connections/812/kill", Method::post).pid == 812);
    CHECK(parsed<GetSources>("/v1/sources").top == 20);
    CHECK(parsed<GetSources>("/v1/sources?top=3").top == 3);
    CHECK(parsed<GetBans>("/v1/bans") == GetBans{});
    CHECK(parsed<RemoveBan>("/v1/bans?source=192.0.2.0/24", Method::del).source == "192.0.2.0/24");
    CHECK(parsed<PostReload>("/v1/reload", Method::post) == PostReload{});
    CHECK(parsed<PostReload>("/v1/reload?dry_run=1&strict=1", Method::post).strict);
    CHECK(parsed<GetMetrics>("/metrics") == GetMetrics{});
    CHECK(parsed<GetPage>("/") == GetPage{});
}

TEST_CASE("events are asked for by number, service, reason, source and time")
{
    const auto request =
        parsed<GetEvents>("/v1/events?since=17&follow=1&service=a&reason=rate&from=2001:db8::/32&"
                          "after=2026-01-05T08:03:07Z");
    CHECK(request.since == 17U);
    CHECK(request.follow);
    CHECK(request.service == "a");
    CHECK(request.reason == "rate");
    CHECK(request.from == "2001:db8::/32");
    CHECK(request.after == std::chrono::sys_days(std::chrono::year(2026) / 1 / 5) +
                               std::chrono::hours(8) + std::chrono::minutes(3) +
                               std::chrono::seconds(7));
}

TEST_CASE("an id may hold what a path may not")
{
    CHECK(parsed<GetService>("/v1/services/a%2Fb%20c%25").id == "a/b c%");
}

TEST_CASE("a target in absolute form is that of its path")
{
    CHECK(parsed<GetStatus>("http://usherd/v1/status") == GetStatus{});
    CHECK(parsed<GetPage>("http://usherd") == GetPage{});
}

TEST_CASE("a ban is ordered with a body")
{
    const auto order =
        parsed<AddBan>("/v1/bans", Method::post,
                       R"({"source":"192.0.2.7","seconds":600,"reason":"guesses","later":1})")
            .order;
    CHECK(order == BanOrder{"192.0.2.7", 600, "guesses"});
}

TEST_CASE("paths that do not exist are not found")
{
    for (const char* target : {"/v1", "/v2/status", "/v1/status/", "/v1/services/", "//",
                               "/v1/services/a/b", "/v1/statusx", "/v1//status", "/metrics/x"})
        CHECK(refused(target).status == 404);
}

TEST_CASE("a method that the path has not is told which it has")
{
    CHECK(refused("/v1/status", Method::post).status == 405);
    CHECK(refused("/v1/status", Method::post).allow == "GET");
    CHECK(refused("/v1/bans", Method::other).allow == "GET, POST, DELETE");
    CHECK(refused("/v1/reload").allow == "POST");
}

TEST_CASE("malformed requests are refused as such")
{
    for (const char* target : {"",
                               "v1/status",
                               "http:/v1",
                               "/v1/services/%",
                               "/v1/services/%4",
                               "/v1/services/%zz",
                               "/v1/services/a%00",
                               "/v1/services/a%0a",
                               "/v1/status?x=1",
                               "/v1/sources?top=0",
                               "/v1/sources?top=1001",
                               "/v1/sources?top=",
                               "/v1/sources?top=1&top=2",
                               "/v1/sources?top=-1",
                               "/v1/sources?top=1x",
                               "/v1/events?follow=yes",
                               "/v1/events?after=now",
                               "/v1/explain",
                               "/v1/explain?service=a",
                               "/v1/explain?service=a&from=",
                               "/v1/events?service=",
                               "/a/b/c/d/e/f/g/h/i"})
        CHECK(refused(target).status == 400);
    CHECK(refused("/v1/connections/0/kill", Method::post).status == 400);
    CHECK(refused("/v1/connections/-7/kill", Method::post).status == 400);
    CHECK(refused("/v1/connections/99999999999/kill", Method::post).status == 400);
    CHECK(refused("/v1/status", Method::get, "{}").status == 400);
    for (const char* body :
         {"", "[]", "{}", "{\"source\":7}", "{\"source\":\"\"}",
          "{\"source\":", "{\"source\":\"a\",\"seconds\":0}", "{\"source\":\"a\",\"seconds\":-1}",
          "{\"source\":\"a\",\"seconds\":1.5}"})
        CHECK(refused("/v1/bans", Method::post, body).status == 400);
}

TEST_CASE("targets and bodies have a largest size")
{
    CHECK(refused("/" + std::string(max_target_bytes, 'a')).status == 414);
    CHECK(refused("/v1/bans", Method::post, std::string(max_body_bytes + 1, ' ')).status == 413);
    CHECK(refused("/v1/services/" + std::string(300, 'a')).status == 404);
    CHECK(refused("/v1/bans", Method::post, std::string(max_body_bytes, '[')).status == 400);
}

TEST_CASE("what a client sends is what the daemon understands")
{
    const std::vector<Request> requests{
        GetStatus{},
        GetServices{},
        GetService{"a/b %?&=\xc3\xa4"},
        SwitchService{"ftp", Switch::enable},
        SwitchService{"ftp", Switch::disable},
        SwitchService{"ftp", Switch::drain, true},
        GetConnections{},
        GetConnections{"x y"},
        KillConnection{7},
        GetSources{5},
        GetEvents{},
        GetEvents{3, true, "a", "rate", "::1/128", Time(std::chrono::milliseconds(1'234'567))},
        GetExplain{"a", "::1", "2027-02-14 03:10", "a.example"},
        GetBans{},
        AddBan{{"192.0.2.0/24", 60, "r"}},
        AddBan{{"::/0", std::nullopt, std::nullopt}},
        RemoveBan{"192.0.2.0/24"},
        PostReload{true, true},
        PostReload{},
        GetMetrics{},
        GetPage{}};
    for (const Request& request : requests) {
        const auto wire = to_wire(request);
        const auto back = parse_request(wire.method, wire.target, wire.body);
        INFO(wire.target);
        REQUIRE(std::holds_alternative<Request>(back));
        CHECK(std::get<Request>(back) == request);
        CHECK(changes_something(request) == (wire.method != Method::get));
    }
}

} // namespace usherd::control
