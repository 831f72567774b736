// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes about who may come in and what the ones outside are told.

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>

#include "config-parser/address_syntax.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"
#include "config-parser/time_syntax.h"

namespace usherd::config::setters {

namespace {

using PlacedRules = std::vector<PlacedRule>;

void remove_rules(PlacedRules& list, const PlacedRules& unwanted)
{
    std::erase_if(list, [&unwanted](const PlacedRule& listed) {
        return std::any_of(unwanted.begin(), unwanted.end(), [&listed](const PlacedRule& rule) {
            return access::same_rule(listed.rule, rule.rule);
        });
    });
}

/// `=` replaces in a service and adds in `defaults`. A mentioned list exists, even an empty one.
bool set_addresses(std::optional<PlacedRules>& list, UnknownAddress unknown, ServiceDraft& draft,
                   const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    PlacedRules rules;
    rules.reserve(attribute.words.size());
    bool good = true;
    for (const Word& word : attribute.words) {
        const AddressWord outcome = parse_address_rule(word, unknown, context.names, report, rules);
        if (outcome == AddressWord::bad ||
            (outcome == AddressWord::not_understood && unknown == UnknownAddress::is_fatal))
            good = false;
    }
    const bool replaces = attribute.op == AssignOp::set && draft.kind == RawSection::Kind::service;
    if (!list || replaces)
        list.emplace();
    if (attribute.op == AssignOp::remove)
        remove_rules(*list, rules);
    else if (list->empty())
        *list = std::move(rules);
    else
        list->insert(list->end(), std::make_move_iterator(rules.begin()),
                     std::make_move_iterator(rules.end()));
    return good;
}

std::string file_name(const RawAttribute& attribute)
{
    return attribute.words[0].text;
}

} // namespace

bool set_only_from(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_addresses(draft.only_from, UnknownAddress::is_ignored, draft, attribute, context);
}

/// A word that nobody understands protects nothing: the service must not run without it. In
/// `defaults` that would take every service down, so there it is ignored as xinetd does. A word to
/// be removed protects more by staying.
bool set_no_access(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const bool fatal = draft.kind == RawSection::Kind::service && attribute.op != AssignOp::remove;
    return set_addresses(draft.no_access,
                         fatal ? UnknownAddress::is_fatal : UnknownAddress::is_ignored, draft,
                         attribute, context);
}

bool set_access_times(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    std::vector<access::TimeWindow> windows;
    for (const Word& word : attribute.words)
        if (const auto window = parse_time_window(word, report))
            windows.push_back(*window);
    if (windows.size() != attribute.words.size())
        return false;
    draft.spec.policy->access_times = std::move(windows);
    return true;
}

bool set_deny_time(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    constexpr std::array words{Keyword{"FOREVER", deny_forever}, Keyword{"NEVER", deny_never}};
    const Word& word = attribute.words[0];
    if (const auto known = find_keyword(words, word.text)) {
        draft.spec.settings->deny_time = known;
        return true;
    }
    const auto minutes = parse_signed(word.text);
    if (minutes && *minutes >= std::numeric_limits<int>::min() &&
        *minutes <= std::numeric_limits<int>::max()) {
        draft.spec.settings->deny_time = static_cast<int>(*minutes);
        return true;
    }
    const ValueReport report(draft, attribute, context.diagnostics);
    suggest(
        report.bad(word, fmt::format("expected minutes, FOREVER or NEVER, found '{}'", word.text)),
        closest_keyword(words, word.text));
    return false;
}

bool set_libwrap(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.spec.settings->libwrap_name = attribute.words[0].text;
    draft.spec.settings->libwrap_name_given = true;
    return true;
}

bool set_banner(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.spec.settings->banner = file_name(attribute);
    return true;
}

bool set_banner_success(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.spec.settings->banner_success = file_name(attribute);
    return true;
}

bool set_banner_fail(ServiceDraft& draft, const RawAttribute& attribute, SetterContext&)
{
    draft.spec.settings->banner_fail = file_name(attribute);
    return true;
}

} // namespace usherd::config::setters
