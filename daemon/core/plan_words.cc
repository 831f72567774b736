// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/plan_words.h"

#include "config-parser/attribute_table.h"
#include "config-parser/attribute_text.h"
#include "daemon/core/snapshot.h"

namespace usherd::core {

namespace {

constexpr std::size_t max_diagnostics = 1000;

std::optional<std::string> if_any(const std::string& text)
{
    return text.empty() ? std::nullopt : std::optional(text);
}

control::PlanDiagnostic in_words(const config::Diagnostic& diagnostic)
{
    return {std::string(config::name(diagnostic.severity)),
            {diagnostic.path, diagnostic.location.line, diagnostic.location.column},
            diagnostic.message,
            if_any(diagnostic.suggestion),
            if_any(diagnostic.service)};
}

control::AddedService added(const config::ServiceSpec& spec, const config::Sources& sources)
{
    control::AddedService words{spec.id, {}, to_place(spec.location, sources)};
    for (const config::Endpoint& endpoint : spec.endpoints)
        words.addresses.push_back(config::to_string(endpoint));
    return words;
}

void add_diagnostics(control::ReloadAnswer& answer, const config::Diagnostics& diagnostics)
{
    answer.errors = diagnostics.errors();
    answer.warnings = diagnostics.warnings();
    for (const config::Diagnostic& diagnostic : diagnostics.all())
        if (answer.diagnostics.size() < max_diagnostics)
            answer.diagnostics.push_back(in_words(diagnostic));
}

} // namespace

std::vector<control::AttributeChange> changes(const config::ServiceSpec& from,
                                              const config::ServiceSpec& to)
{
    std::vector<control::AttributeChange> list;
    const auto table = config::attribute_table();
    const auto rows = static_cast<std::uint16_t>(table.size());
    for (std::uint16_t row = 0; row < rows; ++row) {
        std::string before = config::attribute_text(from, row);
        std::string after = config::attribute_text(to, row);
        if (before != after)
            list.push_back({std::string(table[row].name), std::move(before), std::move(after)});
    }
    return list;
}

control::ReloadAnswer plan_in_words(const ReloadPlan& plan, std::span<const RunningService> running,
                                    const config::LoadResult& wanted,
                                    const std::function<std::uint64_t(std::size_t)>& sessions)
{
    control::ReloadAnswer answer;
    const auto change = [&](const ReloadPlan::Keep& keep, const char* listener) {
        const config::ServiceSpec& old = *running[keep.running].spec;
        answer.changed.push_back(
            {old.id, changes(old, *keep.spec), listener, sessions(keep.running)});
    };
    for (const auto& keep : plan.adjust)
        change(keep, "kept");
    for (const auto& keep : plan.rebind)
        change(keep, "rebound");
    for (const auto& stop : plan.stop)
        answer.removed.push_back(
            {running[stop.running].spec->id,
             stop.reason == StopReason::removed ? "removed" : "changed_identity",
             sessions(stop.running)});
    for (const auto& stale : plan.stale)
        answer.stale.push_back({running[stale.running].spec->id, stale.why});
    for (const config::SpecPointer& spec : plan.start)
        answer.added.push_back(added(*spec, *wanted.sources));
    answer.unchanged = plan.unchanged.size();
    add_diagnostics(answer, *wanted.diagnostics);
    return answer;
}

} // namespace usherd::core
