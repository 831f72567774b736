// SPDX-License-Identifier: BSD-2-Clause
//
// What each command asks the daemon, what it prints, and what it ends with.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "daemon/control/json.h"
#include "daemon/ctl/client.h"
#include "tests/unit/ctl/ctl_harness.h"
#include "tests/unit/ctl/fake_daemon.h"

namespace usherd::ctl {
namespace {

using nlohmann::json;

control::ServiceSummary ftp()
{
    control::ServiceSummary service;
    service.id = "ftp";
    service.name = "ftp";
    service.kind = "program";
    service.state = "active";
    service.socket_type = "stream";
    service.protocol = "tcp";
    service.addresses = {"*:21"};
    service.running = 3;
    service.instances = 20;
    service.accepted = 1234;
    service.refused = 5;
    service.refused_by = {{"address", 4}, {"rate", 1}};
    service.place = {"/etc/usherd/services.d/ftp", 2, 1};
    return service;
}

Answer with(FakeDaemon& daemon, std::vector<std::string> words)
{
    words.insert(words.begin(), {"--socket", daemon.socket()});
    return usherctl(words);
}

bool has(const Answer& answer, std::string_view part)
{
    INFO(answer.out);
    return answer.out.find(part) != std::string::npos;
}

TEST_CASE("without a daemon every command that needs one says so and ends with 3")
{
    for (const auto& words : std::vector<std::vector<std::string>>{{"status"},
                                                                   {"services"},
                                                                   {"show", "ftp"},
                                                                   {"connections"},
                                                                   {"sources"},
                                                                   {"events"},
                                                                   {"bans"},
                                                                   {"metrics"},
                                                                   {"reload"},
                                                                   {"kill", "7"},
                                                                   {"enable", "ftp"}}) {
        std::vector<std::string> all{"--socket", "/nonexistent/socket"};
        all.insert(all.end(), words.begin(), words.end());
        const Answer answer = usherctl(all);
        CHECK(answer.status == ExitStatus::no_daemon);
        CHECK(answer.err.find("no daemon answers at /nonexistent/socket: No such file") !=
              std::string::npos);
        CHECK(answer.out.empty());
    }
}

TEST_CASE("a path that no socket can have is a mistake of usage")
{
    CHECK(usherctl({"--socket", std::string(108, 'x'), "status"}).status == ExitStatus::usage);
}

std::string as_details(const std::string& state, std::uint64_t running)
{
    control::ServiceDetail detail;
    detail.summary = ftp();
    detail.summary.state = state;
    detail.summary.running = running;
    detail.attributes.push_back({"kill_grace", "1s", false, std::nullopt});
    return control::to_json(control::ServiceDetails{{detail}});
}

TEST_CASE("drain is over at once when nothing runs, and says so in JSON too")
{
    FakeDaemon daemon;
    daemon.answer("POST /v1/services/ftp/drain", control::to_json(control::ServiceList{{ftp()}}));
    daemon.answer("GET /v1/services/ftp", as_details("disabled", 0));
    daemon.answer("GET /v1/connections?service=ftp", R"({"connections":[]})");
    CHECK(with(daemon, {"drain", "ftp"}).out == "ftp: drained\n");
    const Answer answer = with(daemon, {"--json", "drain", "ftp"});
    CHECK(answer.status == ExitStatus::done);
    CHECK(json::parse(answer.out) == json{{"drained", true}, {"connections", json::array()}});
}

TEST_CASE("drain --kill orders the end after the timeout, and says when it is not obeyed")
{
    FakeDaemon daemon;
    daemon.answer("POST /v1/services/ftp/drain", control::to_json(control::ServiceList{{ftp()}}));
    daemon.answer("GET /v1/services/ftp", as_details("draining", 2));
    const Answer answer = with(daemon, {"drain", "ftp", "--timeout", "1", "--kill"});
    CHECK(answer.status == ExitStatus::no); // to this daemon ?kill=1 is unknown
    CHECK(has(answer, "ftp: draining, 2 running\nftp: ending what runs"));
    const auto asked = daemon.asked();
    CHECK(std::count(asked.begin(), asked.end(), "POST /v1/services/ftp/drain?kill=1") == 1);
}

TEST_CASE("what the daemon forbids ends with 4 and says who may")
{
    FakeDaemon daemon;
    daemon.answer("POST /v1/reload", R"({"error":"forbidden","message":"not you"})", 403);
    const Answer answer = with(daemon, {"reload"});
    CHECK(answer.status == ExitStatus::not_permitted);
    CHECK(answer.err == "usherctl: not you: changes are for root and the daemon's own user\n");
}

TEST_CASE("what the daemon does not have ends with 1")
{
    FakeDaemon daemon;
    const Answer answer = with(daemon, {"show", "gopher"});
    CHECK(answer.status == ExitStatus::no);
    CHECK(answer.err == "usherctl: no such\n");
}

TEST_CASE("an answer that is none of ours is told, without the terminal's codes in it")
{
    FakeDaemon daemon;
    daemon.answer("GET /v1/status", "\x1b[2J");
    const Answer answer = with(daemon, {"status"});
    CHECK(answer.status == ExitStatus::no_daemon);
    CHECK(answer.err.find('\x1b') == std::string::npos);
}

TEST_CASE("services are a table, by a pattern some of them, and the same in JSON")
{
    FakeDaemon daemon;
    control::ServiceList list{{ftp(), ftp()}};
    list.services[1].id = "tftp-\x1b[31m";
    daemon.answer("GET /v1/services", control::to_json(list));
    const Answer all = with(daemon, {"services"});
    CHECK(has(all, "SERVICE"));
    CHECK(has(all, "active"));
    CHECK(has(all, "3/20"));
    CHECK(has(all, "1,234"));
    CHECK(has(all, "tftp-\\x1b[31m"));
    CHECK_FALSE(has(with(daemon, {"services", "tftp"}), "\nftp "));
    CHECK_FALSE(has(with(daemon, {"services", "f*"}), "tftp"));
    CHECK(json::parse(with(daemon, {"--json", "services"}).out)["services"].size() == 2);
    CHECK(json::parse(with(daemon, {"--json", "services", "f*"}).out)["services"].size() == 1);
    CHECK(with(daemon, {"services", "gopher"}).status == ExitStatus::no);
}

TEST_CASE("show has what was set where, and how much of each limit is left")
{
    FakeDaemon daemon;
    control::ServiceDetail detail;
    detail.summary = ftp();
    detail.attributes = {{"instances", "20", true, control::Place{"/etc/usherd/usherd.conf", 4, 5}},
                         {"wait", "no", false, {}}};
    detail.headroom = {{"service_limit", 17, 20}};
    daemon.answer("GET /v1/services/a%2Fb", control::to_json(control::ServiceDetails{{detail}}));
    const Answer answer = with(daemon, {"show", "a/b"});
    CHECK(has(answer, "refused     5: 4 address, 1 rate\n"));
    CHECK(has(answer, "service_limit    17  20     3\n"));
    CHECK(has(answer, "instances  20     /etc/usherd/usherd.conf:4:5 (defaults)\n"));
    CHECK(has(answer, "wait       no     (built in)\n"));
}

TEST_CASE("events are a line each; filters go to the daemon")
{
    FakeDaemon daemon;
    control::Event event;
    event.seq = 7;
    event.kind = control::EventKind::refused;
    event.service = "ftp";
    event.reason = "address";
    event.from = "192.0.2.7";
    const std::string target =
        "GET /v1/events?since=5&service=ftp&reason=address&from=192.0.2.0%2F24";
    daemon.answer(target, control::to_json(event) + '\n' + control::to_json(event) + '\n');
    const std::vector<std::string> words{"events",   "--since", "5",      "--service",   "ftp",
                                         "--reason", "address", "--from", "192.0.2.0/24"};
    const Answer answer = with(daemon, words);
    CHECK(daemon.asked().at(0) == target);
    CHECK(has(answer, "7 refused  ftp from=192.0.2.7 reason=address\n"));
    std::vector<std::string> in_json = words;
    in_json.push_back("--json");
    CHECK(with(daemon, in_json).out ==
          control::to_json(event) + '\n' + control::to_json(event) + '\n');
    CHECK(with(daemon, {"events", "--since", "yesterday"}).status == ExitStatus::usage);
    CHECK(with(daemon, {"events", "--since", "15m"}).status == ExitStatus::no);
    CHECK(daemon.asked().back().starts_with("GET /v1/events?after=20"));
}

TEST_CASE("a reader that was too slow goes on where the daemon cut it off")
{
    FakeDaemon daemon;
    control::Event cut_off;
    cut_off.seq = 42;
    cut_off.kind = control::EventKind::dropped;
    cut_off.count = 3;
    daemon.answer("GET /v1/events?follow=1", control::to_json(cut_off) + '\n');
    daemon.answer("GET /v1/events?since=42&follow=1", "");
    const Answer answer = with(daemon, {"events", "--follow"});
    CHECK(has(answer, "42 dropped  - count=3\n"));
    CHECK(daemon.asked() ==
          std::vector<std::string>{"GET /v1/events?follow=1", "GET /v1/events?since=42&follow=1"});
}

TEST_CASE("reload says what changed, and what was refused ends with 1")
{
    FakeDaemon daemon;
    control::ReloadAnswer plan;
    plan.dry_run = true;
    plan.added = {{"git", {"[::]:9418"}, {"/etc/usherd/services.d/git", 4, 1}}};
    plan.changed = {{"ftp", {{"instances", "20", "30"}}, "kept", 2}};
    plan.removed = {{"echo", "removed", 1}};
    plan.stale = {{"rsync", "nice: expected an integer"}};
    plan.diagnostics = {{"error", {"f", 3, 4}, "no", {}, {}}};
    plan.errors = 1;
    daemon.answer("POST /v1/reload?dry_run=1", control::to_json(plan));
    const Answer answer = with(daemon, {"reload", "--dry-run"});
    CHECK(answer.out == "f:3:4: error: no\n"
                        "+ git: new, on [::]:9418 (/etc/usherd/services.d/git:4:1)\n"
                        "~ ftp: its sockets stay open; 2 sessions run on as they began\n"
                        "    instances: 20 -> 30\n"
                        "- echo: removed; 1 session ends\n"
                        "! rsync: runs on with its last good settings: nice: expected an integer\n"
                        "1 added, 1 changed, 1 removed, 1 stale, 0 as before; 1 errors, 0 "
                        "warnings; nothing is done: a dry run\n");
    CHECK(answer.status == ExitStatus::done);

    control::ReloadAnswer refused;
    refused.error = "reload_refused";
    refused.message = "defaults are wrong";
    daemon.answer("POST /v1/reload?strict=1", control::to_json(refused), 409);
    const Answer no = with(daemon, {"reload", "--strict"});
    CHECK(no.status == ExitStatus::no);
    CHECK(has(no, "defaults are wrong\n"));
}

TEST_CASE("kill --service ends its handlers for one block, and no relays")
{
    FakeDaemon daemon;
    control::ConnectionList list;
    list.connections = {{7, "ftp", "program", "192.0.2.7", 1, {}, {}, false},
                        {8, "ftp", "program", "198.51.100.1", 1, {}, {}, false},
                        {1, "ftp", "redirect", "192.0.2.8", 1, {}, {}, false}};
    daemon.answer("GET /v1/connections?service=ftp", control::to_json(list));
    daemon.answer("POST /v1/connections/7/kill",
                  control::to_json(control::KillAnswer{7, "ftp", 5}));
    const Answer answer = with(daemon, {"kill", "--service", "ftp", "--from", "192.0.2.0/24"});
    CHECK(answer.out == "7 of ftp: TERM is sent, KILL follows after 5 s\n");
    CHECK(answer.status == ExitStatus::done);
    CHECK(with(daemon, {"kill"}).status == ExitStatus::usage);
    CHECK(with(daemon, {"kill", "7", "--service", "ftp"}).status == ExitStatus::usage);
    CHECK(with(daemon, {"kill", "99"}).status == ExitStatus::no);
}

TEST_CASE("a ban says until when, and is lifted by its name")
{
    FakeDaemon daemon;
    control::Ban ban;
    ban.source = "192.0.2.0/24";
    ban.hits = 12;
    control::Ban sensed;
    sensed.source = "198.51.100.9";
    sensed.reason = "sensor";
    daemon.answer("POST /v1/bans", control::to_json(ban), 201);
    daemon.answer("DELETE /v1/bans?source=192.0.2.0%2F24", control::to_json(ban));
    daemon.answer("GET /v1/bans", control::to_json(control::BanList{{ban}, {sensed}}));
    CHECK(has(with(daemon, {"ban", "192.0.2.0/24", "--for", "10m", "--reason", "noise"}),
              "192.0.2.0/24 is banned until the ban is lifted\n"));
    CHECK(daemon.asked().at(0) ==
          R"(POST /v1/bans {"source":"192.0.2.0/24","seconds":600,"reason":"noise"})");
    CHECK(has(with(daemon, {"unban", "192.0.2.0/24"}), "12 clients were refused\n"));
    CHECK(has(with(daemon, {"bans"}), "for good"));
    CHECK(has(with(daemon, {"bans"}), "198.51.100.9"));
    CHECK(has(with(daemon, {"bans"}), "sensor\n"));
    CHECK(with(daemon, {"ban", "192.0.2.1", "--for", "ever"}).status == ExitStatus::usage);
}

TEST_CASE("status, connections, sources and metrics print what the daemon says")
{
    FakeDaemon daemon;
    control::DaemonStatus status;
    status.program = "usherd";
    status.version = "0.1.0";
    status.pid = 77;
    status.refused = {{"address", 3}, {"rate", 1200}};
    status.services.total = 2;
    status.services.active = 2;
    daemon.answer("GET /v1/status", control::to_json(status));
    CHECK(has(with(daemon, {"status"}), "refused        1,203: 1,200 rate, 3 address\n"));
    CHECK(has(with(daemon, {"status"}), "services       2: 2 active\n"));
    CHECK(json::parse(with(daemon, {"status", "--json"}).out)["pid"] == 77);

    control::ConnectionList list{{{7, "ftp", "program", "192.0.2.7", 1, {}, "nobody", true}}};
    daemon.answer("GET /v1/connections", control::to_json(list));
    CHECK(has(with(daemon, {"connections"}), "nobody, ending\n"));

    control::SourceLists sources{9, {{"192.0.2.7", 9, 2, 8, 1}}, {{"192.0.2.0/24", 9, 0, 8, 1}}};
    daemon.answer("GET /v1/sources?top=5", control::to_json(sources));
    CHECK(has(with(daemon, {"sources", "--top", "5"}), "192.0.2.7       7-9         8        1\n"));

    daemon.answer("GET /metrics", "usherd_up 1\n");
    CHECK(with(daemon, {"metrics"}).out == "usherd_up 1\n");
}

TEST_CASE("an endless line from a daemon that went mad is not kept")
{
    FakeDaemon daemon;
    daemon.answer("GET /v1/events", std::string(Client::max_line_bytes + 10'000, 'x'));
    const Answer answer = with(daemon, {"events"});
    CHECK(answer.status == ExitStatus::no_daemon);
    CHECK(answer.err.find("too large") != std::string::npos);
}

} // namespace
} // namespace usherd::ctl
