// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>

#include "daemon/core/plan_words.h"
#include "daemon/core/snapshot.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

config::ServiceSpec cat_on(std::uint16_t port)
{
    config::ServiceSpec spec;
    spec.name = "cat";
    spec.id = "cat";
    spec.types = {config::ServiceType::unlisted};
    spec.settings->protocol = {"tcp", 6};
    spec.port = port;
    spec.process->server = "/bin/cat";
    spec.process->argv = {"cat", "-u"};
    spec.endpoints = {config::InetEndpoint{access::Family::ipv4, std::nullopt, port, false}};
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
    result.sources = std::make_shared<config::Sources>();
    result.sources->add("conf", nullptr);
    result.diagnostics = std::make_shared<config::Diagnostics>(*result.sources);
    return result;
}

control::ReloadAnswer words(const std::vector<RunningService>& running,
                            const config::LoadResult& wanted)
{
    return plan_in_words(plan_reload(running, wanted), running, wanted,
                         [](std::size_t index) -> std::uint64_t { return index + 3; });
}

} // namespace

TEST_CASE("a plan names the attribute that changes, from what to what")
{
    auto changed = cat_on(7);
    changed.policy->instances = 3;
    changed.process->argv = {"cat"};
    const auto answer = words({{held(cat_on(7)), "conf"}}, loaded({held(changed)}));
    REQUIRE(answer.changed.size() == 1);
    CHECK(answer.changed[0].id == "cat");
    CHECK(answer.changed[0].listener == "kept");
    CHECK(answer.changed[0].sessions == 3);
    CHECK(answer.changed[0].changes ==
          std::vector<control::AttributeChange>{{"instances", "UNLIMITED", "3"},
                                                {"server_args", "-u", ""}});
}

TEST_CASE("a plan says which listener is bound afresh, what comes and what goes")
{
    auto moved = cat_on(7);
    moved.endpoints = {config::InetEndpoint{access::Family::ipv6, std::nullopt, 7, false}};
    auto other = cat_on(9);
    other.id = "other";
    auto gone = cat_on(8);
    gone.id = "gone";
    const auto answer = words({{held(cat_on(7)), "conf"}, {held(gone), "conf"}},
                              loaded({held(moved), held(other)}));
    REQUIRE(answer.changed.size() == 1);
    CHECK(answer.changed[0].listener == "rebound");
    CHECK(answer.changed[0].changes ==
          std::vector<control::AttributeChange>{{"listen", "*:7", "[::]:7"}});
    REQUIRE(answer.removed.size() == 1);
    CHECK(answer.removed[0] == control::RemovedService{"gone", "removed", 4});
    REQUIRE(answer.added.size() == 1);
    CHECK(answer.added[0].id == "other");
    CHECK(answer.added[0].addresses == std::vector<std::string>{"*:9"});
}

TEST_CASE("a plan counts what stays and tells what is wrong")
{
    auto wanted = loaded({held(cat_on(7))});
    wanted.diagnostics->error({config::SourceId{}, 7, 17}, "expected a number");
    wanted.diagnostics->warning({config::SourceId{}, 8, 1}, "odd");
    const auto answer = words({{held(cat_on(7)), "conf"}}, wanted);
    CHECK(answer.unchanged == 1);
    CHECK(answer.errors == 1);
    CHECK(answer.warnings == 1);
    REQUIRE(answer.diagnostics.size() == 2);
    CHECK(answer.diagnostics[0].severity == "error");
    CHECK(answer.diagnostics[0].place == control::Place{"conf", 7, 17});
}

TEST_CASE("the summary of a service has its state, its limit and its refusals by reason")
{
    auto spec = cat_on(7);
    spec.policy->instances = 8;
    config::Sources sources;
    sources.add("conf", nullptr);
    const ServiceState state = OutOfService{"no server"};
    std::array<std::uint64_t, access::reason_count> refused{};
    refused[static_cast<std::size_t>(access::Reason::address)] = 2;
    refused[static_cast<std::size_t>(access::Reason::rate)] = 1;
    const auto summary =
        summarise({spec, sources, state, "broken", 4, 7, 10, 9, refused, std::nullopt});
    CHECK(summary.state == "out_of_service");
    CHECK(summary.state_reason == "no server");
    CHECK(summary.stale == "broken");
    CHECK(summary.instances == 8U);
    CHECK(summary.running == 7);
    CHECK(summary.refused == 3);
    CHECK(summary.refused_by == control::CountByName{{"address", 2}, {"rate", 1}});
    CHECK(summary.addresses == std::vector<std::string>{"*:7"});
    CHECK(summary.place.file == "conf");
}

TEST_CASE("every state of a service has a word without blanks")
{
    for (const ServiceState& state :
         {ServiceState{Listening{}}, ServiceState{Suspended{}}, ServiceState{HandedOver{}},
          ServiceState{OutOfService{}}, ServiceState{Disabled{}}, ServiceState{Draining{}}}) {
        std::string word(name(state));
        std::replace(word.begin(), word.end(), ' ', '_');
        CHECK(status_name(state) == word);
    }
}

} // namespace usherd::core
