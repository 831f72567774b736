// SPDX-License-Identifier: BSD-2-Clause
//
// What the daemon and its tcp_wrappers helper say to each other over a SOCK_SEQPACKET pair: one
// message, one packet. Both ends are the same program, so numbers go as they lie in memory.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "daemon/sys/socket.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// May this client come in? Goes with the client's socket and, with in_process, a pipe's write end
/// for the WrapperAnswer.
struct WrapperQuestion {
    static constexpr std::size_t max_daemon_bytes = 127; ///< what libwrap keeps of a name
    static constexpr std::size_t max_groups = 4096;

    std::uint64_t id = 0;
    bool in_process = false; ///< a process decides that may be replaced (twist)
    std::string daemon;      ///< the name tcp_wrappers know the service by
    /// The sender of a datagram; for connections libwrap asks the socket.
    std::optional<sys::SocketAddress> sender;
    // The process is as the service's servers are; xinetd asks when a server is so far.
    std::int64_t uid = -1; ///< -1: stay
    std::int64_t gid = -1;
    bool set_groups = false;
    std::vector<std::uint32_t> groups;
    std::uint32_t umask = 022;
    int nice = 0;
};

struct WrapperAnswer {
    enum class Kind : std::int32_t {
        allowed,
        refused,
        working, ///< `pid`, a child of the daemon, will answer through its pipe
        failed,  ///< `error_number`: it could not be asked
    };
    std::uint64_t id = 0;
    Kind kind = Kind::failed;
    std::int32_t pid = 0;
    std::int32_t error_number = 0;
    // With `allowed` from a process: what options have changed (hosts_options(5), umask and nice).
    std::uint32_t umask = 0;
    std::int32_t nice_by = 0; ///< added to what the question said
};

/// Largest packet that either end sends.
inline constexpr std::size_t max_wrapper_packet = std::size_t{32} * 1024;

[[nodiscard]] std::string encode(const WrapperQuestion& question);
/// Nothing if `packet` is no question.
[[nodiscard]] std::optional<WrapperQuestion> decode_question(std::string_view packet);
[[nodiscard]] std::optional<WrapperAnswer> decode_answer(std::string_view packet);
[[nodiscard]] std::string_view bytes_of(const WrapperAnswer& answer) noexcept;

/// Sends one packet with up to two descriptors. Does not wait.
/// @return EAGAIN: no room.
[[nodiscard]] sys::Result<void> send_packet(int socket, std::string_view packet,
                                            const std::vector<int>& descriptors);

struct ReceivedPacket {
    std::string bytes; ///< empty: the other end is closed
    std::vector<sys::UniqueFd> descriptors;
};
enum class Waiting : std::uint8_t { yes, no };
/// @return EAGAIN: nothing there, with Waiting::no.
[[nodiscard]] sys::Result<ReceivedPacket> receive_packet(int socket, Waiting waiting);

} // namespace usherd::daemon
