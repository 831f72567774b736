// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/reload_plan.h"
#include "tests/support/catch.h"

namespace config = usherd::config;
namespace core = usherd::core;

namespace {

config::ServiceSpec echo_on(std::uint16_t port)
{
    config::ServiceSpec spec;
    spec.name = "echo";
    spec.id = "echo";
    spec.types = {config::ServiceType::internal, config::ServiceType::unlisted};
    spec.settings->protocol = {"tcp", 6};
    spec.port = port;
    spec.endpoints = {
        config::InetEndpoint{usherd::access::Family::ipv6, std::nullopt, port, false}};
    return spec;
}

config::SpecPointer held(config::ServiceSpec spec)
{
    return std::make_shared<const config::ServiceSpec>(std::move(spec));
}

config::LoadResult loaded(std::vector<config::SpecPointer> services)
{
    config::LoadResult result;
    result.services = std::move(services);
    return result;
}

} // namespace

TEST_CASE("a reload of the same files changes nothing")
{
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"}};
    auto moved = echo_on(7);
    moved.location.line = 99;
    const auto plan = core::plan_reload(running, loaded({held(moved)}));
    CHECK(plan.unchanged.size() == 1);
    CHECK(plan.adjust.empty());
    CHECK(plan.start.empty());
    CHECK(plan.stop.empty());
}

TEST_CASE("a changed limit keeps the sockets")
{
    auto changed = echo_on(7);
    changed.policy->instances = 3;
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"}};
    const auto plan = core::plan_reload(running, loaded({held(changed)}));
    REQUIRE(plan.adjust.size() == 1);
    CHECK(plan.adjust[0].running == 0);
    CHECK(plan.adjust[0].spec->policy->instances == 3);
    CHECK(plan.rebind.empty());
}

TEST_CASE("another bind address rebinds the service")
{
    auto changed = echo_on(7);
    std::get<config::InetEndpoint>(changed.endpoints[0]).address = usherd::access::IpAddress{};
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"}};
    const auto plan = core::plan_reload(running, loaded({held(changed)}));
    CHECK(plan.rebind.size() == 1);
    CHECK(plan.stop.empty());
}

TEST_CASE("another port is another service, as with xinetd")
{
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"}};
    const auto plan = core::plan_reload(running, loaded({held(echo_on(8))}));
    REQUIRE(plan.stop.size() == 1);
    CHECK(plan.stop[0].reason == core::StopReason::changed_identity);
    CHECK(plan.start.size() == 1);
}

TEST_CASE("a service that is no longer configured stops")
{
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"}};
    const auto plan = core::plan_reload(running, loaded({}));
    REQUIRE(plan.stop.size() == 1);
    CHECK(plan.stop[0].reason == core::StopReason::removed);
}

TEST_CASE("a service whose new text is broken runs on, stale, and others change")
{
    auto other = echo_on(9);
    other.id = "other";
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"},
                                                    {held(other), "conf"}};
    auto result = loaded({});
    result.dropped.push_back({"echo", "echo", {}, "bad value"});
    const auto plan = core::plan_reload(running, result);
    REQUIRE(plan.stale.size() == 1);
    CHECK(plan.stale[0].running == 0);
    CHECK(plan.stale[0].why == "bad value");
    REQUIRE(plan.stop.size() == 1);
    CHECK(plan.stop[0].running == 1);
}

TEST_CASE("an entry lost before its id was read keeps the running service of that name")
{
    auto with_id = echo_on(7);
    with_id.id = "echo-stream";
    const std::vector<core::RunningService> running{{held(with_id), "conf"}};
    auto result = loaded({});
    result.dropped.push_back({"echo", "echo", {}, "missing brace"});
    CHECK(core::plan_reload(running, result).stale.size() == 1);
}

TEST_CASE("two services with one id are matched in order, each once")
{
    auto udp = echo_on(7);
    udp.socket_type = config::SocketType::dgram;
    udp.settings->protocol = {"udp", 17};
    const std::vector<core::RunningService> running{{held(echo_on(7)), "conf"},
                                                    {held(udp), "conf"}};
    const auto plan = core::plan_reload(running, loaded({held(udp), held(echo_on(7))}));
    REQUIRE(plan.unchanged.size() == 2);
    CHECK(plan.unchanged[0].spec->settings->protocol.name == "tcp");
    CHECK(plan.unchanged[1].spec->settings->protocol.name == "udp");
}

TEST_CASE("a service whose file can no longer be read runs on, stale")
{
    const std::vector<core::RunningService> running{{held(echo_on(7)), "/etc/x.d/echo"}};
    auto result = loaded({});
    result.unreadable = {"/etc/x.d/echo"};
    CHECK(core::plan_reload(running, result).stale.size() == 1);
    result.unreadable = {"/etc/x.d"};
    CHECK(core::plan_reload(running, result).stale.size() == 1);
    result.unreadable = {"/etc/x.d/ech"};
    CHECK(core::plan_reload(running, result).stop.size() == 1);
}
