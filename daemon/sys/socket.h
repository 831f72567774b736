// SPDX-License-Identifier: BSD-2-Clause
//
// One wrapper for each socket call the daemon makes. Every descriptor is born close-on-exec.
// No policy: which addresses and options, the caller says.

#pragma once

#include <cstdint>
#include <string_view>
#include <sys/socket.h>
#include <sys/types.h>

#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::sys {

/// A socket address of any family, as the kernel has it.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
    [[nodiscard]] const sockaddr* get() const noexcept
    {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

/// Byte-wise comparison of the parts that count (family, address, port, path).
[[nodiscard]] bool same_address(const SocketAddress& left, const SocketAddress& right) noexcept;

[[nodiscard]] SocketAddress ipv4_address(const std::uint8_t (&bytes)[4],
                                         std::uint16_t port) noexcept;
[[nodiscard]] SocketAddress ipv6_address(const std::uint8_t (&bytes)[16],
                                         std::uint16_t port) noexcept;
/// @param path at most 107 bytes. @param abstract the name gets a leading NUL instead.
/// @return ENAMETOOLONG if it does not fit.
[[nodiscard]] Result<SocketAddress> unix_address(std::string_view path, bool abstract) noexcept;

enum class Blocking { yes, no };

[[nodiscard]] Result<UniqueFd> open_socket(int family, int type, int protocol, Blocking blocking);
[[nodiscard]] Result<void> set_option(int fd, int level, int option, int value, const char* name);
[[nodiscard]] Result<void> bind_to(int fd, const SocketAddress& address);
[[nodiscard]] Result<void> listen_on(int fd, int backlog);
[[nodiscard]] Result<SocketAddress> local_address(int fd);
[[nodiscard]] Result<void> set_blocking(int fd, Blocking blocking);

struct Accepted {
    UniqueFd socket; ///< blocking, close-on-exec
    SocketAddress peer;
};
[[nodiscard]] Result<Accepted> accept_one(int listener);

/// The sender of the next datagram, which stays in the queue. Does not wait.
[[nodiscard]] Result<SocketAddress> peek_sender(int fd);
/// Throws away the next datagram. Does not wait. @return its sender.
[[nodiscard]] Result<SocketAddress> drop_datagram(int fd);
/// Turns an IPv6 socket whose peer is IPv4-mapped into an IPv4 one. @see ipv6(7), IPV6_ADDRFORM
[[nodiscard]] Result<void> unmap_socket(int fd);
/// Joins an IPv4 multicast group on the default interface.
[[nodiscard]] Result<void> join_group(int fd, const std::uint8_t (&group)[4]);

enum class AcceptFailure { nothing_pending, peer_gone, out_of_resources, broken_listener };

/// Pending network errors of the new socket are the peer's problem, not ours.
/// @see accept(2), "Error handling"
constexpr AcceptFailure classify_accept_error(int error) noexcept
{
    switch (error) {
    case EAGAIN:
    case EINTR:
        return AcceptFailure::nothing_pending;
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETDOWN:
    case ENETUNREACH:
    case EPERM:
        return AcceptFailure::peer_gone;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return AcceptFailure::out_of_resources;
    default:
        return AcceptFailure::broken_listener;
    }
}

} // namespace usherd::sys
