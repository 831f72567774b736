// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/peer.h"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>

namespace usherd::daemon {

std::optional<access::Peer> to_peer(const sys::SocketAddress& address) noexcept
{
    access::Peer peer;
    if (address.family() == AF_INET) {
        const auto* in = reinterpret_cast<const sockaddr_in*>(&address.storage);
        access::IpAddress::Bytes4 bytes;
        std::memcpy(bytes.data(), &in->sin_addr, bytes.size());
        peer.address = access::IpAddress::from_ipv4(bytes);
        peer.port = ntohs(in->sin_port);
        return peer;
    }
    if (address.family() == AF_INET6) {
        const auto* in = reinterpret_cast<const sockaddr_in6*>(&address.storage);
        access::IpAddress::Bytes16 bytes;
        std::memcpy(bytes.data(), &in->sin6_addr, bytes.size());
        peer.address = access::IpAddress::from_ipv6(bytes);
        if (peer.address.family() == access::Family::ipv4)
            peer.arrival = access::Arrival::mapped;
        peer.port = ntohs(in->sin6_port);
        return peer;
    }
    return std::nullopt;
}

namespace {

sys::SocketAddress inet_address(const config::InetEndpoint& endpoint)
{
    if (endpoint.family == access::Family::ipv4) {
        std::uint8_t bytes[4] = {0, 0, 0, 0};
        if (endpoint.address) {
            const auto from = endpoint.address->ipv4_bytes();
            std::copy(from.begin(), from.end(), bytes);
        }
        return sys::ipv4_address(bytes, endpoint.port);
    }
    std::uint8_t bytes[16] = {};
    if (endpoint.address) {
        const auto& from = endpoint.address->bytes();
        std::copy(from.begin(), from.end(), bytes);
    }
    return sys::ipv6_address(bytes, endpoint.port);
}

} // namespace

sys::Result<sys::SocketAddress> to_socket_address(const config::Endpoint& endpoint)
{
    if (const auto* inet = std::get_if<config::InetEndpoint>(&endpoint))
        return inet_address(*inet);
    const auto& local = std::get<config::UnixEndpoint>(endpoint);
    return sys::unix_address(local.path, local.abstract);
}

} // namespace usherd::daemon
