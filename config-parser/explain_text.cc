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

constexpr std::string_view not_reached = "not asked any more";

/// The attribute that a check applies; empty: none, it is the daemon's own.
std::string_view attribute_of(Check check) noexcept
{
    constexpr std::array<std::string_view, access::check_count> attributes{
        "",           "cps", "max_load", "access_times", "instances",
        "per_source", "",    "",         "only_from",    "no_access"};
    return attributes[static_cast<std::size_t>(check)];
}

std::optional<AttributeOrigin> origin_of(const ServiceSpec& spec, std::string_view attribute)
{
    const auto row = find_attribute(attribute);
    return row ? spec.origin_of(*row) : std::nullopt;
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
        return std::string(not_reached);
    if (step.limit)
        return limit_text(step);
    switch (step.check) {
    case Check::ban:
        return refuses ? "the source is banned" : "the source is not banned";
    case Check::rate:
        return fmt::format("cps {} a second{}", spec.policy->cps.rate, refuses ? ": exceeded" : "");
    case Check::time:
        return fmt::format("{} is {} access_times", clock_text(facts.local_minute),
                           refuses ? "outside" : "within");
    case Check::sensor:
        return refuses ? "a sensor denies the source" : "no sensor denies the source";
    default:
        return list_text(step, rule);
    }
}

/// What can be said without a client.
StepText later_step(access::Reason reason, bool concerns, bool is_reached, std::string_view unknown,
                    std::string_view skipped)
{
    StepText text;
    text.check = access::name(reason);
    if (!concerns) {
        text.verdict = access::name(Verdict::skip);
        text.text = skipped;
    } else if (!is_reached) {
        text.verdict = access::name(Verdict::not_reached);
        text.text = not_reached;
    } else {
        text.verdict = "unknown";
        text.text = unknown;
    }
    return text;
}

void add_later_steps(std::vector<StepText>& words, const ServiceSpec& spec, bool is_reached,
                     bool wrapped)
{
    const bool asks_user = spec.flags.has(ServiceFlag::idonly) && !spec.wait &&
                           spec.settings->log_on_success.has(SuccessLog::userid);
    const bool takes_process = !spec.is_internal() && !spec.settings->redirect;
    words.push_back(later_step(access::Reason::libwrap, wrapped, is_reached,
                               "tcp_wrappers are asked only when a client comes",
                               spec.is_wrapped() ? "tcp_wrappers have no rules for it"
                                                 : "tcp_wrappers do not judge this service"));
    words.push_back(later_step(access::Reason::identity, asks_user, is_reached,
                               "the client's ident server is asked only when the client comes",
                               "the client need not identify himself"));
    words.push_back(later_step(access::Reason::fork, takes_process, is_reached,
                               "whether a process can be made is seen when a client comes",
                               "it takes no process"));
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
                                   const access::Explanation& explanation, bool wrapped)
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
        if (const auto origin = origin_of(spec, attribute_of(step.check)))
            text.location = origin->location;
        const bool is_allowed = step.check == Check::only_from;
        const auto& set = is_allowed ? spec.policy->only_from : spec.policy->no_access;
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
    add_later_steps(words, spec, explanation.decision.reason == access::Reason::allowed, wrapped);
    return words;
}

} // namespace usherd::config
