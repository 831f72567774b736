// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/datagram_socket.h"

#include <cerrno>
#include <cstring>

#include "daemon/peer.h"

namespace usherd::daemon {

namespace {

/// Room for one of either kind, aligned as cmsg(3) asks for.
union ControlBuffer {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo))];
};

void read_destination(msghdr& message, ReceivedDatagram& datagram) noexcept
{
    datagram.asked = {};
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(part), sizeof info);
            // ipi_spec_dst is one of ours, also where ipi_addr is a broadcast address.
            datagram.asked.v4.ipi_spec_dst = info.ipi_spec_dst;
            datagram.asked.family = AF_INET;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(part), sizeof info);
            if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
                continue;
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                info.ipi6_ifindex = 0; // the routes decide
            datagram.asked.v6 = info;
            datagram.asked.family = AF_INET6;
        }
    }
}

template <typename Info>
void attach(msghdr& message, ControlBuffer& control, int level, int type, const Info& info) noexcept
{
    control.header.cmsg_level = level;
    control.header.cmsg_type = type;
    control.header.cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(&control.header), &info, sizeof info);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof info);
}

} // namespace

void want_destination_addresses(int fd) noexcept
{
    int family = AF_UNSPEC;
    socklen_t length = sizeof family;
    ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
    const int on = 1;
    // Where that fails, answers leave from the address the kernel chooses.
    if (family == AF_INET)
        ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    else if (family == AF_INET6)
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

std::uint16_t bound_port(int fd) noexcept
{
    const auto name = sys::local_address(fd);
    const auto self = name ? to_peer(*name) : std::nullopt;
    return self ? self->port : std::uint16_t{0};
}

Received receive(int fd, ReceivedDatagram& datagram) noexcept
{
    ControlBuffer control{};
    iovec content{datagram.bytes.data(), datagram.bytes.size()};
    msghdr message{};
    message.msg_name = &datagram.sender.storage;
    message.msg_namelen = sizeof datagram.sender.storage;
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    const auto size = ::recvmsg(fd, &message, MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN ? Received::nothing : Received::error;
    datagram.size = static_cast<std::size_t>(size);
    datagram.sender.length = message.msg_namelen;
    if (message.msg_namelen == 0)
        datagram.sender.storage.ss_family = AF_UNSPEC; // the kernel wrote nothing
    datagram.peer = to_peer(datagram.sender);
    read_destination(message, datagram);
    return Received::datagram;
}

void send_answer(int fd, const ReceivedDatagram& asked, std::span<const char> answer) noexcept
{
    if (asked.sender.length <= sizeof(sa_family_t))
        return; // a UNIX socket without a name
    sys::SocketAddress receiver = asked.sender;
    iovec content{const_cast<char*>(answer.data()), answer.size()};
    msghdr message{};
    message.msg_name = receiver.get();
    message.msg_namelen = receiver.length;
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    ControlBuffer control{};
    if (asked.asked.family == AF_INET)
        attach(message, control, IPPROTO_IP, IP_PKTINFO, asked.asked.v4);
    else if (asked.asked.family == AF_INET6)
        attach(message, control, IPPROTO_IPV6, IPV6_PKTINFO, asked.asked.v6);
    const auto sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && message.msg_controllen > 0 && (errno == EINVAL || errno == EADDRNOTAVAIL)) {
        // It was asked by an address that is not one host's: a broadcast, IPv4-mapped.
        message.msg_control = nullptr;
        message.msg_controllen = 0;
        (void)::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

} // namespace usherd::daemon
