// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/explain.h"

#include <array>

namespace usherd::access {

namespace {

constexpr std::array<std::string_view, check_count> check_names{
    "ban",           "rate",   "load",      "time",     "service_limit", "per_source_limit",
    "process_limit", "sensor", "only_from", "no_access"};
constexpr std::array<std::string_view, 4> verdict_names{"pass", "refuse", "skip", "not_reached"};

Verdict refuse_if(bool refused) noexcept
{
    return refused ? Verdict::refuse : Verdict::pass;
}

Step count_step(Check check, std::uint32_t used, std::uint32_t limit, std::uint32_t none)
{
    if (limit == none)
        return {check, Verdict::skip, std::nullopt, std::nullopt, {}};
    return {check, refuse_if(used >= limit), used, limit, {}};
}

Step load_step(const Policy& policy, const Facts& facts)
{
    if (!policy.max_load)
        return {Check::load, Verdict::skip, std::nullopt, std::nullopt, {}};
    return {Check::load,
            refuse_if(facts.load_average >= *policy.max_load),
            facts.load_average,
            *policy.max_load,
            {}};
}

Step time_step(const Policy& policy, const Facts& facts)
{
    Step step{Check::time, Verdict::skip, std::nullopt, std::nullopt, {}};
    if (policy.access_times)
        step.verdict = refuse_if(!contains(*policy.access_times, facts.local_minute));
    return step;
}

/// What each list says by itself, and of the two together what decide_address() says.
void add_addresses(std::vector<Step>& steps, const Policy& policy, const Facts& facts)
{
    Step allowed{Check::only_from, Verdict::skip, std::nullopt, std::nullopt, {}};
    Step denied{Check::no_access, Verdict::skip, std::nullopt, std::nullopt, {}};
    if (facts.peer) {
        const auto verdict = decide_address(policy, *facts.peer, facts.host_name);
        const bool is_in = !policy.only_from || verdict.only_from.bits != no_match;
        if (policy.only_from) {
            allowed.match = verdict.only_from;
            allowed.verdict = refuse_if(!is_in);
        }
        if (policy.no_access) {
            denied.match = verdict.no_access;
            denied.verdict = refuse_if(is_in && verdict.reason != Reason::allowed);
        }
    }
    steps.push_back(allowed);
    steps.push_back(denied);
}

} // namespace

std::string_view name(Check check) noexcept
{
    return check_names[static_cast<std::size_t>(check)];
}

std::string_view name(Verdict verdict) noexcept
{
    return verdict_names[static_cast<std::size_t>(verdict)];
}

Reason reason_of(Check check) noexcept
{
    constexpr std::array<Reason, check_count> reasons{
        Reason::ban,           Reason::rate,          Reason::load,
        Reason::time,          Reason::service_limit, Reason::per_source_limit,
        Reason::process_limit, Reason::address,       Reason::address,
        Reason::address};
    return reasons[static_cast<std::size_t>(check)];
}

Explanation explain(const Policy& policy, const Facts& facts)
{
    Explanation result;
    auto& steps = result.steps;
    const auto plain = [&steps](Check check, Verdict verdict) {
        steps.push_back({check, verdict, std::nullopt, std::nullopt, {}});
    };
    plain(Check::ban, refuse_if(facts.banned));
    plain(Check::rate, policy.cps.rate == 0 ? Verdict::skip : refuse_if(!facts.within_rate));
    steps.push_back(load_step(policy, facts));
    steps.push_back(time_step(policy, facts));
    steps.push_back(count_step(Check::service_limit, facts.running, policy.instances, unlimited));
    steps.push_back(count_step(Check::per_source_limit, facts.running_from_source,
                               facts.peer ? policy.per_source : unlimited, unlimited));
    steps.push_back(count_step(Check::process_limit, facts.running_total, facts.process_limit, 0));
    plain(Check::sensor, refuse_if(facts.denied_by_sensor));
    add_addresses(steps, policy, facts);
    result.decision = decide(policy, facts);
    bool over = false;
    for (Step& step : steps) {
        if (over)
            step = {step.check, Verdict::not_reached, std::nullopt, std::nullopt, {}};
        over = over || step.verdict == Verdict::refuse;
    }
    return result;
}

} // namespace usherd::access
