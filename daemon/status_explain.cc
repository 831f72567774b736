// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_explain.h"

#include <sys/socket.h>

#include "access-control/explain.h"
#include "config-parser/explain_text.h"
#include "daemon/core/snapshot.h"
#include "daemon/gatekeeper.h"
#include "daemon/status_facts.h"
#include "daemon/sys/local_time.h"
#include "daemon/wrappers.h"

namespace usherd::daemon {

namespace {

using std::chrono::system_clock;

bool has_wrapper_rules(const Server& server, const Service& service, const access::Peer& peer)
{
    const bool is_ipv6 =
        peer.address.family() == access::Family::ipv6 || peer.arrival == access::Arrival::mapped;
    return server.context().wrappers.concern(service.spec(), is_ipv6 ? AF_INET6 : AF_INET);
}

control::Trace trace_of(const Server& server, const Service& service,
                        const control::GetExplain& request, const access::IpAddress& address,
                        const std::optional<sys::LocalMoment>& at)
{
    const access::Peer peer{address, config::arrival_at(service.spec(), address)};
    const Context& context = server.context();
    auto facts = context.gatekeeper.facts_about(service, peer, context.running_total(),
                                                context.process_limit);
    facts.banned = server.activity().would_be_banned(peer);
    if (at)
        facts.local_minute = {at->minute};
    const auto known = request.host_name ? request.host_name : server.known_name(address);
    facts.host_name = known ? std::string_view(*known) : std::string_view();
    const auto explanation = access::explain(*service.spec().policy, facts);
    control::Trace trace;
    trace.service = service.spec().id;
    trace.from = access::log_text(peer);
    trace.host_name = known;
    trace.at = to_time(at ? at->when : system_clock::now());
    trace.live = true;
    const auto place = [&service](const config::SourceLocation& location) {
        return core::to_place(location, service.sources());
    };
    for (const auto& text : config::explain_text(service.spec(), facts, explanation,
                                                 has_wrapper_rules(server, service, peer)))
        trace.steps.push_back(control::to_step(text, place));
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
    std::optional<sys::LocalMoment> at;
    if (request.at) {
        at = sys::parse_local_moment(*request.at, system_clock::now());
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
