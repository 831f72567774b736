// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_explain.h"

#include <ctime>
#include <sys/socket.h>

#include "access-control/explain.h"
#include "config-parser/explain_text.h"
#include "daemon/core/snapshot.h"
#include "daemon/gatekeeper.h"
#include "daemon/status_facts.h"
#include "daemon/wrappers.h"

namespace usherd::daemon {

namespace {

using std::chrono::system_clock;

/// A moment of local time.
struct Moment {
    system_clock::time_point when;
    access::LocalMinute minute;
};

std::optional<Moment> moment_of(const std::tm& given)
{
    std::tm local = given;
    local.tm_isdst = -1;
    const std::time_t seconds = ::mktime(&local);
    if (seconds == static_cast<std::time_t>(-1))
        return std::nullopt;
    return Moment{system_clock::from_time_t(seconds),
                  {static_cast<std::uint16_t>(given.tm_hour * 60 + given.tm_min)}};
}

/// `03:10`, `2027-02-14 03:10`, `2027-02-14T03:10`; a time alone is that of today.
std::optional<Moment> parse_moment(const std::string& text)
{
    const std::time_t now = std::time(nullptr);
    for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%H:%M"}) {
        std::tm local{};
        ::localtime_r(&now, &local);
        local.tm_sec = 0;
        const char* end = ::strptime(text.c_str(), format, &local);
        if (end != nullptr && *end == '\0')
            return moment_of(local);
    }
    return std::nullopt;
}

control::TraceStep to_step(const config::StepText& text, const config::Sources& sources)
{
    control::TraceStep step{text.check, text.verdict, text.text, text.used, text.limit, {}};
    if (text.rule || text.location) {
        control::TraceRule rule;
        rule.text = text.rule.value_or(text.check);
        if (text.location)
            rule.place = core::to_place(*text.location, sources);
        step.rule = std::move(rule);
    }
    return step;
}

/// tcp_wrappers can be asked about a real connection only.
control::TraceStep wrappers_step(const Server& server, const Service& service,
                                 const access::Peer& peer, access::Reason so_far)
{
    const bool is_ipv6 =
        peer.address.family() == access::Family::ipv6 || peer.arrival == access::Arrival::mapped;
    const bool concerned =
        server.context().wrappers.concern(service.spec(), is_ipv6 ? AF_INET6 : AF_INET);
    const auto step = [](const char* verdict, const char* text) {
        return control::TraceStep{"libwrap", verdict, text, {}, {}, {}};
    };
    if (!concerned)
        return step("skip", "tcp_wrappers have no rules for it");
    return so_far == access::Reason::allowed
               ? step("unknown", "tcp_wrappers are asked only when a client comes")
               : step("not_reached", "not asked any more");
}

control::Trace trace_of(const Server& server, const Service& service,
                        const control::GetExplain& request, const access::IpAddress& address,
                        const std::optional<Moment>& at)
{
    const access::Peer peer{address, config::arrival_at(service.spec(), address)};
    const Context& context = server.context();
    auto facts = context.gatekeeper.facts_about(service, peer, context.running_total(),
                                                context.process_limit);
    facts.banned = server.activity().would_be_banned(peer);
    if (at)
        facts.local_minute = at->minute;
    const auto known = request.host_name ? request.host_name : server.known_name(address);
    facts.host_name = known ? std::string_view(*known) : std::string_view();
    const auto explanation = access::explain(service.spec().policy, facts);
    control::Trace trace;
    trace.service = service.spec().id;
    trace.from = access::log_text(peer);
    trace.host_name = known;
    trace.at = to_time(at ? at->when : system_clock::now());
    trace.live = true;
    for (const auto& text : config::explain_text(service.spec(), facts, explanation))
        trace.steps.push_back(to_step(text, service.sources()));
    trace.steps.push_back(wrappers_step(server, service, peer, explanation.decision.reason));
    trace.reason = access::name(explanation.decision.reason);
    trace.admitted = explanation.decision.reason == access::Reason::allowed;
    return trace;
}

} // namespace

std::variant<control::TraceList, control::Error> explain(const Server& server,
                                                         const control::GetExplain& request)
{
    const auto address = access::IpAddress::parse(request.from);
    if (!address)
        return control::Error{400, "bad_request",
                              fmt::format("from: '{}' is no address", request.from)};
    std::optional<Moment> at;
    if (request.at) {
        at = parse_moment(*request.at);
        if (!at)
            return control::Error{400, "bad_request",
                                  "at: expected a time such as 03:10 or 2027-02-14 03:10"};
    }
    control::TraceList list;
    for (const auto& service : server.services())
        if (service->spec().id == request.service)
            list.traces.push_back(trace_of(server, *service, request, *address, at));
    if (list.traces.empty())
        return control::Error{404, "not_found",
                              fmt::format("there is no service {}", request.service)};
    return list;
}

} // namespace usherd::daemon
