// SPDX-License-Identifier: BSD-2-Clause

#include <algorithm>
#include <random>

#include "access-control/explain.h"
#include "access-control/rule_text.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::access {

namespace {

class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    unsigned below(unsigned count)
    {
        return std::uniform_int_distribution<unsigned>(0, count - 1)(engine_);
    }
    bool seldom() { return below(8) == 0; }

private:
    std::mt19937 engine_;
};

std::optional<AddressSet> any_list(Dice& dice)
{
    const std::vector<std::string_view> rules{"192.0.2.0/24",  "192.0.2.7",    "0.0.0.0/0",
                                              "2001:db8::/32", ".example.com", "198.51.100.1"};
    if (dice.below(3) == 0)
        return std::nullopt;
    std::vector<AddressRule> chosen;
    for (const auto text : rules)
        if (dice.below(3) == 0)
            chosen.push_back(rule(text));
    return AddressSet(std::move(chosen));
}

std::uint32_t any_limit(Dice& dice)
{
    return dice.below(3) == 0 ? dice.below(4) : unlimited;
}

Policy any_policy(Dice& dice)
{
    Policy policy;
    policy.only_from = any_list(dice);
    policy.no_access = any_list(dice);
    policy.access_match = dice.below(2) == 0 ? AccessMatch::closest : AccessMatch::deny_first;
    if (dice.below(3) == 0)
        policy.access_times = {{LocalMinute{60}, LocalMinute{1300}}};
    policy.instances = any_limit(dice);
    policy.per_source = any_limit(dice);
    if (dice.below(3) == 0)
        policy.max_load = 2.5;
    return policy;
}

Facts any_facts(Dice& dice)
{
    const std::vector<Peer> peers{native("192.0.2.7"), mapped("192.0.2.8"), native("2001:db8::1"),
                                  native("203.0.113.9")};
    Facts facts;
    facts.banned = dice.seldom();
    facts.within_rate = !dice.seldom();
    facts.load_average = dice.below(4);
    facts.local_minute = LocalMinute{static_cast<std::uint16_t>(dice.below(1440))};
    facts.running = dice.below(4);
    facts.running_from_source = dice.below(4);
    facts.running_total = dice.below(9);
    facts.process_limit = dice.below(3) == 0 ? 6 : 0;
    facts.denied_by_sensor = dice.seldom();
    if (!dice.seldom())
        facts.peer = peers[dice.below(static_cast<unsigned>(peers.size()))];
    if (dice.below(2) == 0)
        facts.host_name = "a.example.com";
    return facts;
}

const Step& step_of(const Explanation& explanation, Check check)
{
    return explanation.steps.at(static_cast<std::size_t>(check));
}

} // namespace

TEST_CASE("an explanation agrees with the decision, whatever the rules and the facts")
{
    Dice dice(20'261'121);
    for (int i = 0; i < 20'000; ++i) {
        const Policy policy = any_policy(dice);
        const Facts facts = any_facts(dice);
        const auto explanation = explain(policy, facts);
        const auto decision = decide(policy, facts);
        REQUIRE(explanation.decision == decision);
        REQUIRE(explanation.steps.size() == check_count);
        const auto refusing =
            std::find_if(explanation.steps.begin(), explanation.steps.end(),
                         [](const Step& step) { return step.verdict == Verdict::refuse; });
        const bool refused = refusing != explanation.steps.end();
        REQUIRE(refused == (decision.reason != Reason::allowed));
        if (!refused)
            continue;
        REQUIRE(reason_of(refusing->check) == decision.reason);
        REQUIRE(std::all_of(refusing + 1, explanation.steps.end(),
                            [](const Step& step) { return step.verdict == Verdict::not_reached; }));
    }
}

TEST_CASE("steps come in the order of the checks")
{
    const auto explanation = explain({}, {});
    for (std::size_t i = 0; i < explanation.steps.size(); ++i)
        CHECK(explanation.steps[i].check == static_cast<Check>(i));
}

TEST_CASE("a limit tells how much of it is used")
{
    Policy policy;
    policy.instances = 8;
    Facts facts;
    facts.running = 7;
    const auto explanation = explain(policy, facts);
    CHECK(step_of(explanation, Check::service_limit) ==
          Step{Check::service_limit, Verdict::pass, 7.0, 8.0, {}});
    CHECK(step_of(explanation, Check::per_source_limit).verdict == Verdict::skip);
}

TEST_CASE("the rule that matched is told, also where the other list wins")
{
    Policy policy;
    policy.only_from = set_of({"192.0.2.7", "198.51.100.0/24"});
    policy.no_access = set_of({"192.0.2.0/24"});
    Facts facts;
    facts.peer = native("192.0.2.7");
    const auto denied = explain(policy, facts);
    CHECK(step_of(denied, Check::only_from).verdict == Verdict::pass);
    CHECK(step_of(denied, Check::no_access).verdict == Verdict::refuse);
    CHECK(step_of(denied, Check::no_access).match.rule == 0);
    policy.access_match = AccessMatch::closest;
    const auto allowed = explain(policy, facts);
    CHECK(step_of(allowed, Check::no_access).verdict == Verdict::pass);
    CHECK(step_of(allowed, Check::no_access).match);
    CHECK(allowed.decision.reason == Reason::allowed);
}

TEST_CASE("every check and every verdict has a name of its own")
{
    for (int i = 0; i < check_count; ++i)
        for (int j = 0; j < i; ++j)
            CHECK(name(static_cast<Check>(i)) != name(static_cast<Check>(j)));
    CHECK(name(Verdict::not_reached) == "not_reached");
}

TEST_CASE("a ban refuses before everything else")
{
    Policy policy;
    policy.instances = 0;
    Facts facts;
    facts.banned = true;
    facts.within_rate = false;
    CHECK(decide(policy, facts).reason == Reason::ban);
    CHECK(log_token(Reason::ban) == "ban");
}

TEST_CASE("a prefix is read strictly and written shortly")
{
    for (const char* text : {"192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::1"}) {
        const auto prefix = parse_prefix(text);
        REQUIRE(prefix);
        CHECK(to_string(*prefix) == text);
    }
    CHECK(to_string(*parse_prefix("192.0.2.7/24")) == "192.0.2.0/24");
    CHECK(to_string(*parse_prefix("192.0.2.7/32")) == "192.0.2.7");
    for (const char* text : {"", "192.0.2", "192.0.2.0/", "192.0.2.0/33", "::/129", "192.0.2.0/+1",
                             "192.0.2.0/24 ", "a.example", "192.0.2.0/2x"})
        CHECK_FALSE(parse_prefix(text));
}

} // namespace usherd::access
