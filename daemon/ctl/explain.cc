// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/explain.h"

#include "access-control/explain.h"
#include "config-parser/explain_text.h"

namespace usherd::ctl {

namespace {

control::Place place_of(const config::SourceLocation& location, const config::Sources& sources)
{
    return {sources.path(location.file), location.line, location.column};
}

control::Trace trace_of(const config::LoadResult& loaded, const config::ServiceSpec& spec,
                        const ExplainFacts& given)
{
    access::Facts facts;
    facts.load_average = given.load_average;
    facts.local_minute = {given.at.minute};
    facts.peer = access::Peer{given.address, config::arrival_at(spec, given.address)};
    facts.host_name = given.host_name;
    facts.denied_by_sensor = spec.flags.has(config::ServiceFlag::sensor);
    const auto explanation = access::explain(*spec.policy, facts);
    control::Trace trace;
    trace.service = spec.id;
    trace.from = access::log_text(*facts.peer);
    if (!given.host_name.empty())
        trace.host_name = given.host_name;
    trace.at = std::chrono::floor<std::chrono::milliseconds>(given.at.when);
    const auto place = [&loaded](const config::SourceLocation& location) {
        return place_of(location, *loaded.sources);
    };
    // Which rules tcp_wrappers have where the files are for, nobody knows here.
    for (const config::StepText& text :
         config::explain_text(spec, facts, explanation, spec.is_wrapped()))
        trace.steps.push_back(control::to_step(text, place));
    trace.reason = access::name(explanation.decision.reason);
    trace.admitted = explanation.decision.reason == access::Reason::allowed;
    return trace;
}

std::vector<config::SpecPointer> find(const config::LoadResult& loaded, const std::string& service)
{
    std::vector<config::SpecPointer> by_id;
    std::vector<config::SpecPointer> by_name;
    for (const config::SpecPointer& spec : loaded.services) {
        if (spec->id == service)
            by_id.push_back(spec);
        else if (spec->name == service)
            by_name.push_back(spec);
    }
    return by_id.empty() ? by_name : by_id;
}

} // namespace

control::TraceList explain_offline(const config::LoadResult& loaded, const std::string& service,
                                   const ExplainFacts& facts)
{
    control::TraceList list;
    for (const config::SpecPointer& spec : find(loaded, service))
        list.traces.push_back(trace_of(loaded, *spec, facts));
    return list;
}

bool needs_host_name(const config::LoadResult& loaded, const std::string& service,
                     const access::IpAddress& address)
{
    for (const config::SpecPointer& spec : find(loaded, service))
        if (access::needs_host_name(*spec->policy, {address, config::arrival_at(*spec, address)}))
            return true;
    return false;
}

} // namespace usherd::ctl
