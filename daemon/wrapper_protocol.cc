// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrapper_protocol.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace usherd::daemon {

namespace {

/// The fixed part of a question; the daemon's name and the groups follow.
struct Header {
    std::uint64_t id;
    std::int64_t uid, gid;
    std::uint32_t umask;
    std::int32_t nice;
    std::uint32_t daemon_bytes, group_count;
    std::uint32_t sender_bytes; ///< 0: none
    std::uint8_t in_process, set_groups;
    sockaddr_storage sender;
};
static_assert(std::is_trivially_copyable_v<Header> && std::is_trivially_copyable_v<WrapperAnswer>);

constexpr std::size_t max_descriptors = 2;

} // namespace

std::string encode(const WrapperQuestion& question)
{
    Header header{};
    header.id = question.id;
    header.uid = question.uid;
    header.gid = question.gid;
    header.umask = question.umask;
    header.nice = question.nice;
    header.in_process = question.in_process ? 1 : 0;
    header.set_groups = question.set_groups ? 1 : 0;
    const std::string_view name =
        std::string_view(question.daemon).substr(0, WrapperQuestion::max_daemon_bytes);
    header.daemon_bytes = static_cast<std::uint32_t>(name.size());
    header.group_count = static_cast<std::uint32_t>(question.groups.size());
    if (question.sender) {
        header.sender = question.sender->storage;
        header.sender_bytes = question.sender->length;
    }
    std::string packet(reinterpret_cast<const char*>(&header), sizeof header);
    packet += name;
    packet.append(reinterpret_cast<const char*>(question.groups.data()),
                  question.groups.size() * sizeof(std::uint32_t));
    return packet;
}

std::optional<WrapperQuestion> decode_question(std::string_view packet)
{
    Header header{};
    if (packet.size() < sizeof header)
        return std::nullopt;
    std::memcpy(&header, packet.data(), sizeof header);
    packet.remove_prefix(sizeof header);
    if (header.daemon_bytes > WrapperQuestion::max_daemon_bytes ||
        header.group_count > WrapperQuestion::max_groups ||
        header.sender_bytes > sizeof header.sender ||
        packet.size() != header.daemon_bytes + header.group_count * sizeof(std::uint32_t))
        return std::nullopt;
    WrapperQuestion question;
    question.id = header.id;
    question.uid = header.uid;
    question.gid = header.gid;
    question.umask = header.umask;
    question.nice = header.nice;
    question.in_process = header.in_process != 0;
    question.set_groups = header.set_groups != 0;
    question.daemon = packet.substr(0, header.daemon_bytes);
    question.groups.resize(header.group_count);
    if (header.group_count > 0)
        std::memcpy(question.groups.data(), packet.data() + header.daemon_bytes,
                    header.group_count * sizeof(std::uint32_t));
    if (header.sender_bytes > 0)
        question.sender = sys::SocketAddress{header.sender, header.sender_bytes};
    return question;
}

std::optional<WrapperAnswer> decode_answer(std::string_view packet)
{
    WrapperAnswer answer;
    if (packet.size() != sizeof answer)
        return std::nullopt;
    std::memcpy(&answer, packet.data(), sizeof answer);
    if (answer.kind < WrapperAnswer::Kind::allowed || answer.kind > WrapperAnswer::Kind::failed)
        return std::nullopt;
    return answer;
}

std::string_view bytes_of(const WrapperAnswer& answer) noexcept
{
    return {reinterpret_cast<const char*>(&answer), sizeof answer};
}

sys::Result<void> send_packet(int socket, std::string_view packet,
                              const std::vector<int>& descriptors)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> control{};
    iovec part{const_cast<char*>(packet.data()), packet.size()}; // sendmsg(2) changes nothing
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const std::size_t count = std::min(descriptors.size(), max_descriptors);
    if (count > 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* const rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(rights), descriptors.data(), count * sizeof(int));
    }
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return sys::last_error("sendmsg");
    return {};
}

sys::Result<ReceivedPacket> receive_packet(int socket, Waiting waiting)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> control{};
    ReceivedPacket packet;
    packet.bytes.resize(max_wrapper_packet);
    iovec part{packet.bytes.data(), packet.bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const int flags = MSG_CMSG_CLOEXEC | (waiting == Waiting::no ? MSG_DONTWAIT : 0);
    ssize_t received = -1;
    do {
        received = ::recvmsg(socket, &message, flags);
    } while (received < 0 && errno == EINTR);
    if (received < 0)
        return sys::last_error("recvmsg");
    packet.bytes.resize(static_cast<std::size_t>(received));
    for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); part_of != nullptr;
         part_of = CMSG_NXTHDR(&message, part_of)) {
        if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (part_of->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(part_of) + i * sizeof(int), sizeof descriptor);
            packet.descriptors.emplace_back(descriptor);
        }
    }
    return packet;
}

} // namespace usherd::daemon
