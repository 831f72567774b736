// SPDX-License-Identifier: BSD-2-Clause
//
// Overlap of listening sockets. An IPv6 wildcard that is not v6only has both families.

#include "config-parser/port_table.h"

namespace usherd::config {

namespace {

using access::Family;

std::string unix_key(const UnixEndpoint& endpoint)
{
    return endpoint.abstract ? '@' + endpoint.path : endpoint.path;
}

bool takes_ipv4(const InetEndpoint& endpoint)
{
    return endpoint.family == Family::ipv4 || (!endpoint.address && !endpoint.v6only);
}

bool takes_ipv6(const InetEndpoint& endpoint)
{
    return endpoint.family == Family::ipv6;
}

} // namespace

std::optional<PortTable::Owner> PortTable::find(const Endpoint& endpoint, SocketType type,
                                                const Protocol& protocol) const
{
    if (const auto* unix_endpoint = std::get_if<UnixEndpoint>(&endpoint)) {
        const auto found = unix_names_.find(unix_key(*unix_endpoint));
        return found == unix_names_.end() ? std::nullopt : std::optional{found->second};
    }
    const auto& inet = std::get<InetEndpoint>(endpoint);
    const auto port = ports_.find({type, protocol.number, inet.port});
    if (inet.port == 0 || port == ports_.end())
        return std::nullopt;
    const bool listening = type == SocketType::stream || type == SocketType::seqpacket;
    const auto conflict = [&inet, listening](const Half& half) -> std::optional<Owner> {
        if (!inet.address) {
            if (!listening)
                return std::nullopt;
            if (half.wildcard || !half.first)
                return half.wildcard;
            return half.first->owner;
        }
        if (listening && half.wildcard)
            return half.wildcard;
        if (half.first && half.first->address == *inet.address)
            return half.first->owner;
        const auto found = half.others.find(*inet.address);
        return found == half.others.end() ? std::nullopt : std::optional{found->second};
    };
    std::optional<Owner> owner;
    if (takes_ipv4(inet))
        owner = conflict(port->second.ipv4);
    if (!owner && takes_ipv6(inet))
        owner = conflict(port->second.ipv6);
    return owner;
}

std::optional<PortTable::Owner> PortTable::find_conflict(std::span<const Endpoint> endpoints,
                                                         SocketType type,
                                                         const Protocol& protocol) const
{
    for (const Endpoint& endpoint : endpoints)
        if (const auto owner = find(endpoint, type, protocol))
            return owner;
    return std::nullopt;
}

std::optional<PortTable::Owner> PortTable::find_shadowed(std::span<const Endpoint> endpoints,
                                                         SocketType type,
                                                         const Protocol& protocol) const
{
    if (type != SocketType::dgram)
        return std::nullopt;
    for (const Endpoint& endpoint : endpoints) {
        const auto* inet = std::get_if<InetEndpoint>(&endpoint);
        if (inet == nullptr || inet->address || inet->port == 0)
            continue;
        const auto port = ports_.find({type, protocol.number, inet->port});
        if (port == ports_.end())
            continue;
        if (takes_ipv4(*inet) && port->second.ipv4.wildcard)
            return port->second.ipv4.wildcard;
        if (takes_ipv6(*inet) && port->second.ipv6.wildcard)
            return port->second.ipv6.wildcard;
    }
    return std::nullopt;
}

void PortTable::add(std::span<const Endpoint> endpoints, SocketType type, const Protocol& protocol,
                    Owner owner)
{
    for (const Endpoint& endpoint : endpoints) {
        if (const auto* unix_endpoint = std::get_if<UnixEndpoint>(&endpoint)) {
            unix_names_.emplace(unix_key(*unix_endpoint), owner);
            continue;
        }
        const auto& inet = std::get<InetEndpoint>(endpoint);
        if (inet.port == 0)
            continue;
        Port& port = ports_[{type, protocol.number, inet.port}];
        const auto take = [&inet, owner](Half& half) {
            if (!inet.address) {
                half.wildcard = half.wildcard.value_or(owner);
                return;
            }
            if (!half.first)
                half.first = {*inet.address, owner};
            else if (half.first->address != *inet.address)
                half.others.emplace(*inet.address, owner);
        };
        if (takes_ipv4(inet))
            take(port.ipv4);
        if (takes_ipv6(inet))
            take(port.ipv6);
    }
}

} // namespace usherd::config
