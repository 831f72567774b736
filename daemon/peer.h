// SPDX-License-Identifier: BSD-2-Clause
//
// Socket addresses to and from the values that decisions are made on.

#pragma once

#include <optional>

#include "access-control/ip_address.h"
#include "config-parser/service_spec.h"
#include "daemon/sys/result.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

/// Nothing for families other than IPv4 and IPv6 (UNIX sockets have no address that a rule names).
[[nodiscard]] std::optional<access::Peer> to_peer(const sys::SocketAddress& address) noexcept;

/// The address to bind for `endpoint`.
[[nodiscard]] sys::Result<sys::SocketAddress> to_socket_address(const config::Endpoint& endpoint);

} // namespace usherd::daemon
