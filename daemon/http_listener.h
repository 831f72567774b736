// SPDX-License-Identifier: BSD-2-Clause
//
// The TCP socket of --http: an address and a port as text, and the listener.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "access-control/ip_address.h"
#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

struct HttpAddress {
    access::IpAddress address;
    std::uint16_t port = 0;
};

/// `127.0.0.1:9872`, `[::1]:9872`; numbers only.
[[nodiscard]] std::optional<HttpAddress> parse_http_address(std::string_view text) noexcept;

/// Listens there, non-blocking.
[[nodiscard]] sys::Result<sys::UniqueFd> open_http(const HttpAddress& where);

/// True if `host`, a Host header, is that of a machine which asks itself: a name that points here,
/// as the page of a stranger may have it looked up, is not.
[[nodiscard]] bool is_own_host(std::string_view host) noexcept;

} // namespace usherd::daemon
