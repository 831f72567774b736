// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/snapshot.h"

#include <numeric>

#include "config-parser/attribute_table.h"
#include "config-parser/attribute_text.h"

namespace usherd::core {

control::Place to_place(const config::SourceLocation& location, const config::Sources& sources)
{
    return {sources.path(location.file), location.line, location.column};
}

control::CountByName count_by_reason(const std::array<std::uint64_t, access::reason_count>& refused)
{
    control::CountByName counts;
    for (std::size_t i = 0; i < refused.size(); ++i)
        if (refused[i] > 0)
            counts.emplace(access::name(static_cast<access::Reason>(i)), refused[i]);
    return counts;
}

std::string kind_of(const config::ServiceSpec& spec)
{
    return spec.is_internal() ? "internal" : spec.settings->redirect ? "redirect" : "program";
}

control::ServiceSummary summarise(const ServiceFacts& facts)
{
    const config::ServiceSpec& spec = facts.spec;
    control::ServiceSummary summary;
    summary.id = spec.id;
    summary.key = facts.key;
    summary.name = spec.name;
    summary.kind = kind_of(spec);
    summary.state = status_name(facts.state);
    if (const auto* out = std::get_if<OutOfService>(&facts.state))
        summary.state_reason = out->why;
    if (!facts.stale.empty())
        summary.stale = facts.stale;
    summary.socket_type = config::name(spec.socket_type);
    summary.protocol = spec.settings->protocol.name;
    summary.wait = spec.wait;
    for (const config::Endpoint& endpoint : spec.endpoints)
        summary.addresses.push_back(config::to_string(endpoint));
    if (spec.process->user)
        summary.user = spec.process->user->text;
    summary.running = facts.running;
    if (spec.policy->instances != access::unlimited)
        summary.instances = spec.policy->instances;
    summary.accepted = facts.accepted;
    summary.started = facts.started;
    summary.refused = std::accumulate(facts.refused.begin(), facts.refused.end(), std::uint64_t{0});
    summary.refused_by = count_by_reason(facts.refused);
    summary.last_event = facts.last_event;
    summary.place = to_place(spec.location, facts.sources);
    return summary;
}

std::vector<control::AttributeValue> effective_attributes(const config::ServiceSpec& spec,
                                                          const config::Sources& sources)
{
    std::vector<control::AttributeValue> values;
    const auto table = config::attribute_table();
    const auto rows = static_cast<std::uint16_t>(table.size());
    for (std::uint16_t row = 0; row < rows; ++row) {
        control::AttributeValue value;
        value.name = table[row].name;
        value.value = config::attribute_text(spec, row);
        if (const auto origin = spec.origin_of(row)) {
            value.inherited = origin->inherited;
            value.place = to_place(origin->location, sources);
        }
        if (!value.value.empty() || (value.place && table[row].name.ends_with("_from")))
            values.push_back(std::move(value));
    }
    return values;
}

} // namespace usherd::core
