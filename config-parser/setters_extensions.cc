// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes that xinetd never had. Their built-in values are what xinetd does.

#include <array>
#include <limits>

#include "config-parser/address_syntax.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"
#include "config-parser/time_syntax.h"

namespace usherd::config::setters {

bool set_listen(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    if (attribute.op == AssignOp::set) {
        draft.listen.clear();
        draft.spec.endpoints.clear();
    }
    bool good = true;
    for (const Word& word : attribute.words) {
        auto endpoint = parse_listen(word, report);
        if (!endpoint) {
            good = false;
            continue;
        }
        draft.listen.push_back(word);
        draft.spec.endpoints.push_back(std::move(*endpoint));
    }
    return good;
}

bool set_backlog(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    constexpr std::uint64_t highest = std::numeric_limits<std::int32_t>::max();
    const auto length = parse_range(attribute.words[0], 1, highest, "a queue length", report);
    if (length)
        draft.spec.settings->backlog = static_cast<std::uint32_t>(*length);
    return length.has_value();
}

bool set_freebind(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto freebind = parse_yes_no(attribute.words[0], report);
    if (freebind)
        draft.spec.settings->freebind = *freebind;
    return freebind.has_value();
}

bool set_socket_mode(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    draft.spec.settings->socket_mode = parse_octal(word.text, 0777);
    if (draft.spec.settings->socket_mode)
        return true;
    const ValueReport report(draft, attribute, context.diagnostics);
    report.bad(word, fmt::format("expected an octal mode from 0 to 777, found '{}'", word.text));
    return false;
}

bool set_socket_owner(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    if (all_digits(word.text)) {
        draft.spec.settings->socket_owner = parse_id(word, "a user id", report);
        return draft.spec.settings->socket_owner.has_value();
    }
    const auto entry = context.names.user(word.text);
    if (!entry) {
        report.bad(word, fmt::format("there is no user '{}'", word.text));
        return false;
    }
    draft.spec.settings->socket_owner = entry->uid;
    return true;
}

namespace {

/// A group by name or number; none, having reported it, if there is no such.
std::optional<std::uint32_t> parse_group(ServiceDraft& draft, const RawAttribute& attribute,
                                         SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    if (all_digits(word.text))
        return parse_id(word, "a group id", report);
    const auto group = context.names.group(word.text);
    if (!group)
        report.bad(word, fmt::format("there is no group '{}'", word.text));
    return group;
}

} // namespace

bool set_socket_group(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    draft.spec.settings->socket_group = parse_group(draft, attribute, context);
    return draft.spec.settings->socket_group.has_value();
}

bool set_status_group(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    draft.status_group = parse_group(draft, attribute, context);
    return draft.status_group.has_value();
}

bool set_stderr(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    constexpr std::array targets{Keyword{"client", static_cast<int>(StderrTarget::client)},
                                 Keyword{"log", static_cast<int>(StderrTarget::log)},
                                 Keyword{"null", static_cast<int>(StderrTarget::null)}};
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto target = parse_keyword(targets, attribute.words[0], report);
    if (target)
        draft.spec.process->stderr_target = static_cast<StderrTarget>(*target);
    return target.has_value();
}

bool set_max_runtime(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    if (equal_ignoring_case(word.text, "UNLIMITED")) {
        draft.spec.max_runtime.reset();
        return true;
    }
    const auto duration = parse_duration(word, report);
    if (duration && duration->count() == 0) {
        report.bad(word, "no server could run for 0 seconds; for no limit, write UNLIMITED");
        return false;
    }
    draft.spec.max_runtime = duration;
    return duration.has_value();
}

bool set_kill_grace(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto duration = parse_duration(attribute.words[0], report);
    if (duration)
        draft.spec.kill_grace = *duration;
    return duration.has_value();
}

bool set_limit_action(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    constexpr std::array actions{Keyword{"refuse", static_cast<int>(LimitAction::refuse)},
                                 Keyword{"queue", static_cast<int>(LimitAction::queue)}};
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto action = parse_keyword(actions, attribute.words[0], report);
    if (action)
        draft.spec.settings->limit_action = static_cast<LimitAction>(*action);
    return action.has_value();
}

bool set_cps_action(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    constexpr std::array actions{Keyword{"disable", static_cast<int>(CpsAction::disable)},
                                 Keyword{"delay", static_cast<int>(CpsAction::delay)},
                                 Keyword{"refuse", static_cast<int>(CpsAction::refuse)}};
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto action = parse_keyword(actions, attribute.words[0], report);
    if (action)
        draft.spec.settings->cps_action = static_cast<CpsAction>(*action);
    return action.has_value();
}

bool set_access_match(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    constexpr std::array rules{
        Keyword{"deny_first", static_cast<int>(access::AccessMatch::deny_first)},
        Keyword{"closest", static_cast<int>(access::AccessMatch::closest)}};
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto rule = parse_keyword(rules, attribute.words[0], report);
    if (rule)
        draft.spec.policy->access_match = static_cast<access::AccessMatch>(*rule);
    return rule.has_value();
}

bool set_no_new_privs(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto value = parse_yes_no(attribute.words[0], report);
    if (value)
        draft.spec.process->no_new_privs = *value;
    return value.has_value();
}

bool set_pass_fds(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    constexpr std::array protocols{Keyword{"inetd", static_cast<int>(PassFds::inetd)},
                                   Keyword{"systemd", static_cast<int>(PassFds::systemd)},
                                   Keyword{"both", static_cast<int>(PassFds::both)}};
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto protocol = parse_keyword(protocols, attribute.words[0], report);
    if (protocol)
        draft.spec.process->pass_fds = static_cast<PassFds>(*protocol);
    return protocol.has_value();
}

} // namespace usherd::config::setters
