// SPDX-License-Identifier: BSD-2-Clause
//
// What rpcbind is to know of a service: its program, each version, and the port of its socket,
// which the kernel chooses.

#include <algorithm>

#include "daemon/peer.h"
#include "daemon/service.h"

namespace usherd::daemon {

namespace {

// A range of versions may be as long as numbers are; nobody has so many.
constexpr std::uint32_t max_versions = 1024;

std::uint16_t port_of(const sys::SocketAddress& address) noexcept
{
    const auto peer = to_peer(address);
    return peer ? peer->port : std::uint16_t{0};
}

} // namespace

bool Service::is_rpc() const noexcept
{
    return spec_->types.has(config::ServiceType::rpc) && spec_->settings->rpc;
}

void Service::announce()
{
    if (!is_rpc())
        return;
    const config::Rpc& rpc = *spec_->settings->rpc;
    const std::uint32_t versions =
        std::min(rpc.last_version - rpc.first_version, max_versions - 1) + 1;
    std::vector<RpcMapping> wanted;
    for (const auto& listener : listeners_)
        for (std::uint32_t version = 0; listener->is_open() && version < versions; ++version)
            wanted.push_back({rpc.program, rpc.first_version + version,
                              spec_->settings->protocol.name, port_of(listener->bound())});
    context_.rpc.want(static_cast<std::uint64_t>(key_), std::move(wanted));
}

void Service::withdraw()
{
    if (is_rpc())
        context_.rpc.forget(static_cast<std::uint64_t>(key_));
}

} // namespace usherd::daemon
