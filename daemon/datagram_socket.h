// SPDX-License-Identifier: BSD-2-Clause
//
// Datagrams with both their addresses: an answer leaves from the address that was asked, also on a
// socket that is bound to the wildcard. @see ip(7) IP_PKTINFO, RFC 3542 section 6

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <span>

#include "access-control/ip_address.h"
#include "daemon/core/internal_content.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

/// One that has come in; longer ones are cut.
struct ReceivedDatagram {
    static constexpr std::size_t max_bytes = core::echo_datagram_bytes;

    std::array<char, max_bytes> bytes;
    std::size_t size = 0;
    sys::SocketAddress sender;
    std::optional<access::Peer> peer; ///< absent on UNIX sockets
    /// Where it was sent to, if an answer can leave from there; else of family AF_UNSPEC.
    struct {
        int family = AF_UNSPEC;
        in_pktinfo v4{};
        in6_pktinfo v6{};
    } asked;

    [[nodiscard]] std::span<const char> content() const noexcept { return {bytes.data(), size}; }
};

/// Makes the kernel tell where datagrams were sent to. @param fd bound
void want_destination_addresses(int fd) noexcept;
/// The port an IPv4 or IPv6 socket is bound to; 0 for others.
[[nodiscard]] std::uint16_t bound_port(int fd) noexcept;

enum class Received : std::uint8_t { datagram, error, nothing };
/// Does not wait. `error`: a pending error of the socket, or an interruption; there may be more.
[[nodiscard]] Received receive(int fd, ReceivedDatagram& datagram) noexcept;
/// Does not wait: what finds no room is lost, as datagrams are.
void send_answer(int fd, const ReceivedDatagram& asked, std::span<const char> answer) noexcept;

} // namespace usherd::daemon
