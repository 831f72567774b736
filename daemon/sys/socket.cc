// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/socket.h"

#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace usherd::sys {

bool same_address(const SocketAddress& left, const SocketAddress& right) noexcept
{
    if (left.family() != right.family())
        return false;
    if (left.family() == AF_INET) {
        const auto* a = reinterpret_cast<const sockaddr_in*>(&left.storage);
        const auto* b = reinterpret_cast<const sockaddr_in*>(&right.storage);
        return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
    }
    if (left.family() == AF_INET6) {
        const auto* a = reinterpret_cast<const sockaddr_in6*>(&left.storage);
        const auto* b = reinterpret_cast<const sockaddr_in6*>(&right.storage);
        return a->sin6_port == b->sin6_port &&
               std::memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0;
    }
    return left.length == right.length &&
           std::memcmp(&left.storage, &right.storage, left.length) == 0;
}

SocketAddress ipv4_address(const std::uint8_t (&bytes)[4], std::uint16_t port) noexcept
{
    SocketAddress address;
    auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    std::memcpy(&in->sin_addr, bytes, sizeof bytes);
    address.length = sizeof *in;
    return address;
}

SocketAddress ipv6_address(const std::uint8_t (&bytes)[16], std::uint16_t port) noexcept
{
    SocketAddress address;
    auto* in = reinterpret_cast<sockaddr_in6*>(&address.storage);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(port);
    std::memcpy(&in->sin6_addr, bytes, sizeof bytes);
    address.length = sizeof *in;
    return address;
}

Result<SocketAddress> unix_address(std::string_view path, bool abstract) noexcept
{
    SocketAddress address;
    auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
    un->sun_family = AF_UNIX;
    const std::size_t offset = abstract ? 1 : 0;
    if (path.empty() || path.size() + 1 > sizeof un->sun_path)
        return SysError{"bind", ENAMETOOLONG};
    std::memcpy(un->sun_path + offset, path.data(), path.size());
    // A path name counts its final NUL, an abstract name its leading one.
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return address;
}

Result<UniqueFd> open_socket(int family, int type, int protocol, Blocking blocking)
{
    const int flags = SOCK_CLOEXEC | (blocking == Blocking::no ? SOCK_NONBLOCK : 0);
    UniqueFd fd(::socket(family, type | flags, protocol));
    if (!fd)
        return last_error("socket");
    return fd;
}

Result<void> set_option(int fd, int level, int option, int value, const char* name)
{
    if (::setsockopt(fd, level, option, &value, sizeof value) < 0)
        return last_error(name);
    return {};
}

Result<void> bind_to(int fd, const SocketAddress& address)
{
    if (::bind(fd, address.get(), address.length) < 0)
        return last_error("bind");
    return {};
}

Result<void> listen_on(int fd, int backlog)
{
    if (::listen(fd, backlog) < 0)
        return last_error("listen");
    return {};
}

Result<SocketAddress> local_address(int fd)
{
    SocketAddress address;
    address.length = sizeof address.storage;
    if (::getsockname(fd, address.get(), &address.length) < 0)
        return last_error("getsockname");
    return address;
}

Result<void> set_blocking(int fd, Blocking blocking)
{
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0)
        return last_error("fcntl");
    const int wanted = blocking == Blocking::no ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (wanted != flags && ::fcntl(fd, F_SETFL, wanted) < 0)
        return last_error("fcntl");
    return {};
}

Result<Accepted> accept_one(int listener)
{
    Accepted accepted;
    accepted.peer.length = sizeof accepted.peer.storage;
    accepted.socket.reset(
        ::accept4(listener, accepted.peer.get(), &accepted.peer.length, SOCK_CLOEXEC));
    if (!accepted.socket)
        return last_error("accept");
    return accepted;
}

namespace {

Result<SocketAddress> receive_sender(int fd, int flags)
{
    SocketAddress sender;
    sender.length = sizeof sender.storage;
    char byte = 0;
    if (::recvfrom(fd, &byte, sizeof byte, flags | MSG_DONTWAIT, sender.get(), &sender.length) < 0)
        return last_error("recvfrom");
    return sender;
}

} // namespace

Result<SocketAddress> peek_sender(int fd)
{
    return receive_sender(fd, MSG_PEEK);
}

Result<SocketAddress> drop_datagram(int fd)
{
    return receive_sender(fd, 0);
}

Result<void> unmap_socket(int fd)
{
    return set_option(fd, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET, "setsockopt (IPV6_ADDRFORM)");
}

Result<void> join_group(int fd, const std::uint8_t (&group)[4])
{
    ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group, sizeof group);
    if (::setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) < 0)
        return last_error("setsockopt (IP_ADD_MEMBERSHIP)");
    return {};
}

} // namespace usherd::sys
