// SPDX-License-Identifier: BSD-2-Clause
//
// What finish() derives: argv, names, endpoints, and what comes from `defaults`.

#include "tests/unit/config-parser/draft_bench.h"

namespace usherd::config {

using test::DraftBench;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string_view>;

struct Finished {
    std::optional<ServiceSpec> spec;
    std::string told;
};

/// A TCP service on port 8000 with `lines` added.
Finished finish_with(const Lines& lines, const ServiceSpec& defaults = {},
                     const LoadOptions& options = {})
{
    DraftBench bench;
    bench.with({"type = UNLISTED", "socket_type = stream", "wait = no", "user = games",
                "server = /bin/cat"});
    bool has_place = false;
    for (const std::string_view line : lines) {
        INFO(line);
        REQUIRE(bench.set(line));
        has_place = has_place || line.starts_with("listen") || line.starts_with("port");
    }
    if (!has_place)
        bench.with({"port = 8000"});
    return {bench.finish(defaults, options), bench.told()};
}

ServiceSpec spec_with(const Lines& lines, const ServiceSpec& defaults = {},
                      const LoadOptions& options = {})
{
    Finished finished = finish_with(lines, defaults, options);
    INFO(finished.told);
    REQUIRE(finished.spec);
    return *std::move(finished.spec);
}

std::string endpoints_of(const ServiceSpec& spec)
{
    std::string text;
    for (const Endpoint& endpoint : spec.endpoints) {
        const auto* inet = std::get_if<InetEndpoint>(&endpoint);
        text += (text.empty() ? "" : " ") + to_string(endpoint) +
                (inet != nullptr && inet->v6only ? "(v6only)" : "");
    }
    return text;
}

ServiceSpec defaults_with(std::initializer_list<std::string_view> lines)
{
    DraftBench bench(RawSection::Kind::defaults);
    return bench.with(lines).finish_as_defaults();
}

} // namespace

TEST_CASE("argv begins with the last component of the server's path")
{
    CHECK(spec_with({"server_args = -u x"}).process->argv ==
          std::vector<std::string>{"cat", "-u", "x"});
    CHECK(spec_with({}).process->argv == std::vector<std::string>{"cat"});
}

// D5: xinetd loses argv[0] if flags stands after server_args.
TEST_CASE("with NAMEINARGS argv is server_args, in whatever order the lines stand")
{
    const std::vector<std::string> argv{"meow", "-u"};
    CHECK(spec_with({"flags = NAMEINARGS", "server_args = meow -u"}).process->argv == argv);
    CHECK(spec_with({"server_args = meow -u", "flags = NAMEINARGS"}).process->argv == argv);
}

TEST_CASE("tcp_wrappers know a service by its server, argv[0], name or libwrap")
{
    CHECK(libwrap_daemon(spec_with({})) == "cat");
    CHECK(libwrap_daemon(spec_with({"flags = NAMEINARGS", "server_args = /x/meow"})) == "meow");
    CHECK(libwrap_daemon(spec_with({"redirect = 127.0.0.1 1", "id = other"})) == "svc");
    CHECK(libwrap_daemon(spec_with({"libwrap = sshd"})) == "sshd");
}

TEST_CASE("the id is the name unless it is given")
{
    CHECK(spec_with({}).id == "svc");
    CHECK(spec_with({"id = other"}).id == "other");
}

TEST_CASE("supplementary groups are looked up by the name that was written")
{
    CHECK(spec_with({"groups = yes"}).process->supplementary_groups ==
          std::vector<std::uint32_t>{60, 5});
    CHECK(spec_with({"groups = no"}).process->supplementary_groups.empty());
    CHECK(spec_with({}).process->supplementary_groups.empty());
}

TEST_CASE("a uid without an account has no groups, and that is remarked on")
{
    DraftBench bench;
    bench.with({"type = UNLISTED", "port = 1", "socket_type = stream", "wait = no", "user = 4711",
                "server = /bin/cat", "groups = yes"});
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->process->supplementary_groups.empty());
    CHECK(bench.told() == "8:1 warning none: service 'svc': groups = yes, but uid 4711 has no "
                          "account and so no groups");
}

TEST_CASE("without bind and flags a service listens on the IPv6 wildcard")
{
    CHECK(endpoints_of(spec_with({})) == "[::]:8000");
    CHECK(endpoints_of(spec_with({"flags = IPv4"})) == "*:8000");
    CHECK(endpoints_of(spec_with({"flags = IPv6"})) == "[::]:8000");
}

TEST_CASE("both family flags are IPv6, with a remark")
{
    const Finished finished = finish_with({"flags = IPv4 IPv6"});
    REQUIRE(finished.spec);
    CHECK(endpoints_of(*finished.spec) == "[::]:8000");
    CHECK(finished.told ==
          "7:1 info none: service 'svc': both IPv4 and IPv6 are given, IPv6 is used");
}

TEST_CASE("bind chooses address and family")
{
    CHECK(endpoints_of(spec_with({"bind = 127.0.0.1"})) == "127.0.0.1:8000");
    CHECK(endpoints_of(spec_with({"bind = 0x7f.1"})) == "127.0.0.1:8000");
    CHECK(endpoints_of(spec_with({"bind = 127.0.0x0.1"})) == "127.0.0.1:8000");
    CHECK(endpoints_of(spec_with({"bind = ::1"})) == "[::1]:8000");
    CHECK(endpoints_of(spec_with({"bind = 0.0.0.0"})) == "*:8000");
    CHECK(endpoints_of(spec_with({"bind = ::"})) == "[::]:8000");
    CHECK(endpoints_of(spec_with({"bind = host.example.com"})) == "192.0.2.10:8000");
    CHECK(endpoints_of(spec_with({"bind = dual.example.com"})) == "[2001:db8::3]:8000");
    CHECK(endpoints_of(spec_with({"bind = dual.example.com", "flags = IPv4"})) == "192.0.2.3:8000");
    CHECK(endpoints_of(spec_with({"bind = two.example.com", "flags = IPv4"})) == "192.0.2.1:8000");
}

// S1: xinetd forgets the address and listens everywhere.
TEST_CASE("bind and a family flag that contradict each other drop the service")
{
    const Finished ipv4 = finish_with({"bind = 127.0.0.1", "flags = IPv6"});
    CHECK_FALSE(ipv4.spec);
    CHECK(ipv4.told == "7:1 error service: service 'svc': bind '127.0.0.1' has no IPv6 address; "
                       "take the address or the flag IPv6 out");
    CHECK_FALSE(finish_with({"bind = ::1", "flags = IPv4"}).spec);
    CHECK_FALSE(finish_with({"flags = IPv6"}, defaults_with({"bind = 127.0.0.1"})).spec);
}

TEST_CASE("a bind name with several IPv4 addresses needs the flag IPv4")
{
    const Finished finished = finish_with({"bind = two.example.com"});
    CHECK_FALSE(finished.spec);
    CHECK(finished.told ==
          "7:1 error service: service 'svc': bind 'two.example.com' has no IPv6 address; it has "
          "several IPv4 addresses: choose one, or say 'flags = IPv4'");
}

// S14: in xinetd `no` means yes, and defaults do nothing.
TEST_CASE("v6only means what it says, also in defaults")
{
    CHECK(endpoints_of(spec_with({"v6only = yes"})) == "[::]:8000(v6only)");
    CHECK(endpoints_of(spec_with({"v6only = no"})) == "[::]:8000");
    const ServiceSpec defaults = defaults_with({"v6only = yes"});
    CHECK(endpoints_of(spec_with({}, defaults)) == "[::]:8000(v6only)");
    CHECK(endpoints_of(spec_with({"v6only = no"}, defaults)) == "[::]:8000");
    CHECK(endpoints_of(spec_with({"bind = 127.0.0.1"}, defaults)) == "127.0.0.1:8000");
}

TEST_CASE("the port offset moves every port but 0 and keeps the one that was given")
{
    LoadOptions options;
    options.port_offset = 10000;
    const ServiceSpec spec = spec_with({}, {}, options);
    CHECK(endpoints_of(spec) == "[::]:18000");
    CHECK(spec.port == 8000);
    CHECK(endpoints_of(spec_with({"port = 0"}, {}, options)) == "[::]:0");
    CHECK(endpoints_of(spec_with({"listen = 1 127.0.0.1:2"}, {}, options)) ==
          "[::]:10001 127.0.0.1:10002");
    CHECK(endpoints_of(spec_with({"port = 55535"}, {}, options)) == "[::]:65535");
    CHECK_FALSE(finish_with({"port = 55536"}, {}, options).spec);
}

TEST_CASE("listen makes one endpoint for each word")
{
    const ServiceSpec spec =
        spec_with({"listen = 127.0.0.1:80 [::1]:81", "listen += unix:/run/x unix:@y"});
    CHECK(endpoints_of(spec) == "127.0.0.1:80 [::1]:81 unix:/run/x unix:@y");
    CHECK(spec.port == 80);
    CHECK(endpoints_of(spec_with({"listen = 80", "flags = IPv4"})) == "*:80");
}

TEST_CASE("an IPv6 wildcard beside IPv4 on one port leaves IPv4 to the other")
{
    CHECK(endpoints_of(spec_with({"listen = *:80 [::]:80"})) == "*:80 [::]:80(v6only)");
    CHECK(endpoints_of(spec_with({"listen = *:81 [::]:80"})) == "*:81 [::]:80");
    CHECK_FALSE(finish_with({"listen = *:80 [::]:80", "v6only = no"}).spec);
}

TEST_CASE("listen contradicted by a flag or by itself drops the service")
{
    CHECK(finish_with({"listen = 127.0.0.1:80", "flags = IPv6"}).told ==
          "7:1 error service: service 'svc': listen '127.0.0.1:80' contradicts the flag IPv6");
    CHECK(finish_with({"listen = 80 80"}).told ==
          "7:1 error service: service 'svc': listen '80' is taken by another word of the list");
}

TEST_CASE("listen leaves the bind of defaults alone, and a listed service need not be listed")
{
    DraftBench bench;
    bench.with({"listen = 127.0.0.2:80", "socket_type = stream", "wait = no", "user = root",
                "server = /bin/cat"});
    const auto spec = bench.finish(defaults_with({"bind = 127.0.0.1"}));
    REQUIRE(spec);
    CHECK(endpoints_of(*spec) == "127.0.0.2:80");
    CHECK(spec->settings->bind_text.empty());
}

TEST_CASE("an RPC service has a port of the kernel's choice and its program number")
{
    DraftBench bench;
    bench.with({"type = RPC", "socket_type = dgram", "wait = yes", "user = root",
                "server = /bin/cat", "rpc_version = 2-4", "port = 99", "bind = 127.0.0.1"});
    bench.draft.spec.name = "rstatd";
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->settings->rpc == Rpc{100001, 2, 4});
    CHECK(endpoints_of(*spec) == "127.0.0.1:0");
}

TEST_CASE("socket type and protocol follow from each other")
{
    DraftBench bench;
    bench.with({"protocol = udp", "wait = yes", "user = root", "server = /bin/cat"});
    bench.draft.spec.name = "tftp";
    const auto spec = bench.finish();
    REQUIRE(spec);
    CHECK(spec->socket_type == SocketType::dgram);
    CHECK(spec->port == 69);
    CHECK(spec_with({}).settings->protocol == Protocol{"tcp", 6});
}

TEST_CASE("a service takes from defaults what it does not say itself")
{
    const ServiceSpec defaults = defaults_with(
        {"instances = 30", "per_source = 10", "cps = 25 30", "groups = yes", "umask = 002",
         "max_load = 3", "log_type = FILE /x", "bind = 127.0.0.1", "stderr = log",
         "cps_action = delay", "kill_grace = 9", "limit_action = queue", "access_match = closest",
         "backlog = 5", "freebind = yes", "max_runtime = 10", "no_new_privs = yes"});
    const ServiceSpec spec = spec_with({}, defaults);
    CHECK(spec.policy->instances == 30);
    CHECK(spec.policy->per_source == 10);
    CHECK(spec.policy->cps == access::CpsLimit{25, 30s});
    CHECK(spec.process->groups);
    CHECK(spec.process->umask == 002U);
    CHECK(spec.policy->max_load == 3.0);
    CHECK(spec.settings->log_target == LogTarget{FileTarget{"/x", 0, 0}});
    CHECK(spec.settings->log_target_inherited);
    CHECK(endpoints_of(spec) == "127.0.0.1:8000");
    CHECK(spec.settings->bind_text == "127.0.0.1");
    CHECK(spec.process->stderr_target == StderrTarget::log);
    CHECK(spec.settings->cps_action == CpsAction::delay);
    CHECK(spec.kill_grace == 9s);
    CHECK(spec.settings->limit_action == LimitAction::queue);
    CHECK(spec.policy->access_match == access::AccessMatch::closest);
    CHECK(spec.settings->backlog == 5U);
    CHECK(spec.settings->freebind);
    CHECK(spec.max_runtime == 10s);
    CHECK(spec.process->no_new_privs);

    const ServiceSpec own =
        spec_with({"instances = UNLIMITED", "groups = no", "bind = ::1", "no_new_privs = no",
                   "log_type = FILE /y", "max_runtime = UNLIMITED"},
                  defaults);
    CHECK(own.policy->instances == access::unlimited);
    CHECK_FALSE(own.process->groups);
    CHECK(endpoints_of(own) == "[::1]:8000");
    CHECK_FALSE(own.settings->log_target_inherited);
    CHECK_FALSE(own.max_runtime);
    CHECK_FALSE(own.process->no_new_privs);
}

TEST_CASE("origins tell the lines of the service from those of defaults")
{
    const ServiceSpec spec = spec_with({"instances = 5"}, defaults_with({"cps = 1 2"}));
    const auto origin = [&spec](std::string_view name) {
        return spec.origin_of(find_attribute(name).value());
    };
    REQUIRE(origin("instances"));
    CHECK_FALSE(origin("instances")->inherited);
    CHECK(origin("instances")->location.line == 7);
    REQUIRE(origin("cps"));
    CHECK(origin("cps")->inherited);
    CHECK(origin("cps")->location.line == 2);
    CHECK_FALSE(origin("nice"));
    const auto origins = spec.origins();
    CHECK(std::is_sorted(origins.begin(), origins.end(), [](const auto& left, const auto& right) {
        return left.attribute < right.attribute;
    }));
}

TEST_CASE("an address list that a service leaves alone is the one of defaults, not a copy")
{
    const ServiceSpec defaults = defaults_with({"only_from = 10.0.0.0 192.0.2.1"});
    const ServiceSpec one = spec_with({}, defaults);
    const ServiceSpec other = spec_with({"no_access ="}, defaults);
    REQUIRE(one.policy->only_from);
    REQUIRE(other.policy->only_from);
    CHECK(one.policy->only_from->rules().data() == defaults.policy->only_from->rules().data());
    CHECK(other.policy->only_from->rules().data() == defaults.policy->only_from->rules().data());
    REQUIRE(other.policy->no_access);
    CHECK(other.policy->no_access->empty());
}

TEST_CASE("an address list of the service takes the place of the one of defaults")
{
    const ServiceSpec spec =
        spec_with({"only_from = 192.0.2.9"}, defaults_with({"only_from = 10.0.0.0"}));
    REQUIRE(spec.policy->only_from);
    CHECK(spec.policy->only_from->rules().size() == 1);
}

TEST_CASE("specs are the same if only their places differ")
{
    ServiceSpec spec = spec_with({"instances = 5"});
    ServiceSpec moved = spec_with({"nice = 0", "instances = 5"});
    moved.process->nice = spec.process->nice;
    CHECK(spec.same_settings(moved));
    moved.policy->instances = 6;
    CHECK_FALSE(spec.same_settings(moved));
    moved = spec;
    moved.kill_grace = 1s;
    CHECK_FALSE(spec.same_settings(moved));
    moved = spec;
    moved.process->argv.emplace_back("x");
    CHECK_FALSE(spec.same_settings(moved));
    moved = spec;
    moved.endpoints.clear();
    CHECK_FALSE(spec.same_settings(moved));
}

} // namespace usherd::config
