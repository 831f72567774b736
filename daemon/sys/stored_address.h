// SPDX-License-Identifier: BSD-2-Clause
//
// A socket address to keep: a SocketAddress has 128 bytes, whatever is in it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <netinet/in.h>

#include "daemon/sys/socket.h"

namespace usherd::sys {

class StoredAddress {
public:
    explicit StoredAddress(const SocketAddress& address);

    /// The very bytes that it was made from.
    [[nodiscard]] SocketAddress get() const noexcept;

private:
    std::array<std::byte, sizeof(sockaddr_in6)> bytes_{};
    std::uint32_t length_;
    std::unique_ptr<const SocketAddress>
        long_; ///< of UNIX sockets; then there is nothing in bytes_
};

} // namespace usherd::sys
