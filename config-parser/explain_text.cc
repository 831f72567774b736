// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/explain_text.h"

#include <array>

#include <fmt/format.h>

#include "access-control/rule_text.h"
#include "config-parser/attribute_table.h"
#include "config-parser/attribute_text.h"

namespace usherd::config {

namespace {

using access::Check;
using access::Verdict;

/// The attribute that a check applies; empty: none, it is the daemon's own.
std::string_view attribute_of(Check check) noexcept
{
    constexpr std::array<std::string_view, access::check_count> attributes{
        "",           "cps", "max_load", "access_times", "instances",
        "per_source", "",    "",         "only_from",    "no_access"};
    return attributes[static_cast<std::size_t>(check)];
}

const AttributeOrigin* origin_of(const ServiceSpec& spec, std::string_view attribute)
{
    const auto row = find_attribute(attribute);
    for (const AttributeOrigin& origin : spec.origins)
        if (origin.attribute == row)
            return &origin;
    return nullptr;
}

std::string_view if_skipped(Check check) noexcept
{
    switch (check) {
    case Check::rate:
        return "cps sets no limit";
    case Check::load:
        return "there is no max_load";
    case Check::time:
        return "access_times are not restricted";
    case Check::service_limit:
        return "instances are not limited";
    case Check::per_source_limit:
        return "per_source is not limited";
    case Check::process_limit:
        return "there is no -limit";
    case Check::only_from:
        return "there is no only_from: everybody may come in";
    case Check::no_access:
        return "there is no no_access";
    case Check::ban:
    case Check::sensor:
        break;
    }
    return "does not apply";
}

std::string limit_text(const access::Step& step)
{
    const std::string_view what = attribute_of(step.check);
    const std::string name(what.empty() ? "-limit" : what);
    if (step.check == Check::load)
        return fmt::format("load {:.2f}, max_load {}", step.used.value_or(-1), *step.limit);
    return fmt::format(
        "{} {} of {}{}", name, *step.used, *step.limit,
        step.verdict == Verdict::pass ? fmt::format(", {} left", *step.limit - *step.used) : "");
}

std::string list_text(const access::Step& step, const std::optional<std::string>& rule)
{
    const std::string_view list = attribute_of(step.check);
    if (!rule)
        return fmt::format("nothing in {} matches", list);
    if (step.check == Check::no_access && step.verdict == Verdict::pass)
        return fmt::format("no_access has {}, but only_from has a closer match", *rule);
    return fmt::format("{} has {}", list, *rule);
}

std::string clock_text(access::LocalMinute minute)
{
    return fmt::format("{:02}:{:02}", minute.value / 60, minute.value % 60);
}

std::string text_of(const ServiceSpec& spec, const access::Facts& facts, const access::Step& step,
                    const std::optional<std::string>& rule)
{
    const bool refuses = step.verdict == Verdict::refuse;
    if (step.verdict == Verdict::skip)
        return std::string(if_skipped(step.check));
    if (step.verdict == Verdict::not_reached)
        return "not asked any more";
    if (step.limit)
        return limit_text(step);
    switch (step.check) {
    case Check::ban:
        return refuses ? "the source is banned" : "the source is not banned";
    case Check::rate:
        return fmt::format("cps {} a second{}", spec.policy.cps.rate, refuses ? ": exceeded" : "");
    case Check::time:
        return fmt::format("{} is {} access_times", clock_text(facts.local_minute),
                           refuses ? "outside" : "within");
    case Check::sensor:
        return refuses ? "a sensor denies the source" : "no sensor denies the source";
    default:
        return list_text(step, rule);
    }
}

} // namespace

access::Arrival arrival_at(const ServiceSpec& spec, const access::IpAddress& address)
{
    if (address.family() == access::Family::ipv6)
        return access::Arrival::native;
    for (const Endpoint& endpoint : spec.endpoints)
        if (const auto* inet = std::get_if<InetEndpoint>(&endpoint))
            return inet->family == access::Family::ipv6 ? access::Arrival::mapped
                                                        : access::Arrival::native;
    return access::Arrival::native;
}

std::vector<StepText> explain_text(const ServiceSpec& spec, const access::Facts& facts,
                                   const access::Explanation& explanation)
{
    static const ShownLists none;
    const ShownLists& lists = spec.shown_lists == nullptr ? none : *spec.shown_lists;
    std::vector<StepText> words;
    for (const access::Step& step : explanation.steps) {
        StepText text;
        text.check = access::name(step.check);
        text.verdict = access::name(step.verdict);
        text.used = step.used;
        text.limit = step.limit;
        if (const auto* origin = origin_of(spec, attribute_of(step.check)))
            text.location = origin->location;
        const bool is_allowed = step.check == Check::only_from;
        const auto& set = is_allowed ? spec.policy.only_from : spec.policy.no_access;
        const bool is_list = is_allowed || step.check == Check::no_access;
        if (is_list && set && step.match.bits != access::no_match &&
            step.match.rule < set->rules().size()) {
            text.rule = access::to_string(set->rules()[step.match.rule]);
            const auto& places = is_allowed ? lists.only_from_places : lists.no_access_places;
            if (step.match.rule < places.size())
                text.location = places[step.match.rule];
        }
        text.text = text_of(spec, facts, step, text.rule);
        words.push_back(std::move(text));
    }
    return words;
}

} // namespace usherd::config
