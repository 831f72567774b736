// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes that limit how much of a service runs, and how much of the machine it gets.

#include <cmath>
#include <cstdlib>
#include <limits>

#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"

namespace usherd::config::setters {

namespace {

bool set_limit(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context,
               ResourceLimit which)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto suffix = which == ResourceLimit::cpu ? SizeSuffix::none : SizeSuffix::allowed;
    const auto value = parse_resource_limit(attribute.words[0], suffix, report);
    // As with xinetd, 0 leaves the limit as it is.
    if (value && *value != 0)
        draft.spec.process->resource_limits[static_cast<std::size_t>(which)] = *value;
    return value.has_value();
}

/// As with xinetd, a negative number wraps to a huge one.
std::optional<std::uint64_t> parse_cps_number(const Word& word, std::string_view what,
                                              const ValueReport& report)
{
    constexpr std::int64_t lowest = std::numeric_limits<std::int32_t>::min();
    constexpr std::int64_t highest = std::numeric_limits<std::uint32_t>::max();
    const auto number = parse_signed(word.text);
    if (!number || *number >= 0 || *number < lowest)
        return parse_range(word, 0, highest, what, report);
    report.advice(word, fmt::format("'{}' is taken for a huge number", word.text));
    return static_cast<std::uint32_t>(*number);
}

} // namespace

bool set_instances(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto count = parse_count(attribute.words[0], report);
    if (count)
        draft.spec.policy->instances = *count;
    return count.has_value();
}

bool set_per_source(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto count = parse_count(attribute.words[0], report);
    if (count)
        draft.spec.policy->per_source = *count;
    return count.has_value();
}

bool set_cps(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto rate = parse_cps_number(attribute.words[0], "connections per second", report);
    if (!rate)
        return false;
    const auto hold_off = parse_cps_number(attribute.words[1], "seconds to wait", report);
    if (!hold_off)
        return false;
    draft.spec.policy->cps = {static_cast<std::uint32_t>(*rate),
                              std::chrono::seconds{static_cast<std::int64_t>(*hold_off)}};
    return true;
}

bool set_max_load(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    char* end = nullptr;
    const double load = std::strtod(word.text.c_str(), &end);
    if (end == word.text.c_str() || std::isnan(load)) {
        report.bad(word, fmt::format("expected a load average, found '{}'", word.text));
        return false;
    }
    if (load == 0) {
        report.bad(word, "a load of 0 would refuse everybody");
        return false;
    }
    if (*end != '\0') // xinetd reads the number and looks no further
        report.advice(word, fmt::format("'{}' after the number is ignored", end));
    draft.spec.policy->max_load = load;
    return true;
}

bool set_rlimit_as(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_limit(draft, attribute, context, ResourceLimit::as);
}

bool set_rlimit_cpu(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_limit(draft, attribute, context, ResourceLimit::cpu);
}

bool set_rlimit_data(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_limit(draft, attribute, context, ResourceLimit::data);
}

bool set_rlimit_files(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_limit(draft, attribute, context, ResourceLimit::files);
}

bool set_rlimit_rss(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_limit(draft, attribute, context, ResourceLimit::rss);
}

bool set_rlimit_stack(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    return set_limit(draft, attribute, context, ResourceLimit::stack);
}

} // namespace usherd::config::setters
