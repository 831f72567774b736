// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's check of its own tables (ABRT, -cc): every count has its holders, every holder its
// count, and each service's state fits its sockets. Changes nothing.

#include <unordered_map>

#include "daemon/server.h"

namespace usherd::daemon {

namespace {

bool has_open_listener(const Service& service)
{
    for (const auto& listener : service.listeners())
        if (listener->is_open())
            return true;
    return false;
}

/// What is wrong with the sockets of a service, for the state it is in; empty: nothing.
std::string_view misfit(const Service& service)
{
    const bool is_open = has_open_listener(service);
    if (std::holds_alternative<core::OutOfService>(service.state()))
        return is_open ? "is out of service and has an open socket" : "";
    if (std::holds_alternative<core::Suspended>(service.state()) ||
        core::is_closed_by_hand(service.state()))
        return ""; // closed, or open and paused where the supervisor passed them in
    return is_open || service.spec().endpoints.empty() ? "" : "is active and has no socket";
}

bool hands_slots_on(const config::ServiceSpec& spec)
{
    return spec.is_internal() && spec.name == core::name(core::InternalService::tcpmux);
}

} // namespace

std::vector<std::string> Server::inconsistencies()
{
    std::unordered_map<std::uint64_t, std::size_t> sessions;
    for (const SessionFacts& session : internals_.list())
        ++sessions[session.owner];
    std::unordered_map<std::uint64_t, std::size_t> requests;
    for (const SessionFacts& session : tcpmux_.list())
        ++requests[session.owner];
    std::vector<std::string> found;
    std::size_t servers = 0;
    for (const auto& service : services_) {
        const std::string& id = service->spec().id;
        const ServiceKey key = service->key();
        const std::size_t holders =
            supervisor_.count(key) + retries_.count(key) +
            relays_.count(static_cast<std::uint64_t>(key)) + gatekeeper_.parked_for(*service) +
            wrappers_.slots_of(*service) + ident_.slots_of(*service) + banners_.slots_of(*service) +
            sessions[static_cast<std::uint64_t>(key)] + requests[static_cast<std::uint64_t>(key)];
        servers += supervisor_.count(key);
        // Clients that tcpmux has handed on hold its slots under other services.
        const std::size_t counted = service->counter().running();
        if (hands_slots_on(service->spec()) ? counted < holders : counted != holders)
            found.push_back(fmt::format("service {}: {} counted, {} there", id, counted, holders));
        for (const pid_t holder : service->lent_to())
            if (holder > 0 && supervisor_.find(holder) == nullptr)
                found.push_back(
                    fmt::format("service {}: its socket is held by {}, who is gone", id, holder));
        if (const auto what = misfit(*service); !what.empty())
            found.push_back(fmt::format("service {} {}", id, what));
        if (find(key) != service.get())
            found.push_back(fmt::format("service {} is not in the index", id));
    }
    for (const auto& [key, departed] : departed_) {
        servers += supervisor_.count(key);
        if (supervisor_.count(key) + relays_.count(static_cast<std::uint64_t>(key)) == 0)
            found.emplace_back("a service that is gone is kept without servers");
    }
    if (servers != supervisor_.count())
        found.push_back(fmt::format("{} servers belong to services, {} there are", servers,
                                    supervisor_.count()));
    return found;
}

std::size_t Server::check_consistency()
{
    const auto found = inconsistencies();
    for (const std::string& text : found)
        log_.error("{}", text);
    return found.size();
}

} // namespace usherd::daemon
