// SPDX-License-Identifier: BSD-2-Clause
//
// Opens the socket of one endpoint with all its options, or takes the one that the supervisor
// passed in. Owns nothing afterwards.

#pragma once

#include <string>
#include <vector>

#include "config-parser/service_spec.h"
#include "daemon/sys/result.h"
#include "daemon/sys/socket.h"
#include "daemon/systemd.h"

namespace usherd::daemon {

/// Listening sockets from the daemon's supervisor (LISTEN_FDS), until somebody takes them.
class PassedSockets {
public:
    PassedSockets() = default;
    explicit PassedSockets(std::vector<PassedSocket> sockets) : sockets_(std::move(sockets)) {}

    /// The socket with this type and address; an invalid one if there is none. IPv6 wildcards match
    /// whatever their V6ONLY says: the supervisor decided.
    [[nodiscard]] sys::UniqueFd take(config::SocketType type, const config::Endpoint& endpoint);
    /// The places of those that nobody has taken, as config::to_string writes them.
    [[nodiscard]] std::vector<std::string> left_over() const;
    /// Closes what nobody took.
    void drop() noexcept { sockets_.clear(); }

private:
    std::vector<PassedSocket> sockets_;
};

struct OpenedSocket {
    sys::UniqueFd fd;
    sys::SocketAddress bound; ///< with the port that the kernel chose
    bool passed_in = false;
};

/// A stream socket of a nowait service does not block, all others do: handlers get them.
/// Binds, joins a multicast group, and listens where the type can. A stale UNIX socket file is
/// removed only if nobody answers on it.
[[nodiscard]] sys::Result<OpenedSocket> open_endpoint(const config::ServiceSpec& spec,
                                                      const config::Endpoint& endpoint,
                                                      PassedSockets& passed);

/// Applies the options that may change while the socket stays: NODELAY, KEEPALIVE, backlog, mode
/// and owner of a UNIX socket.
void adjust_socket(int fd, const config::ServiceSpec& spec, const config::Endpoint& endpoint);

/// Removes the file of a UNIX socket that is being closed.
void remove_socket_file(const config::Endpoint& endpoint) noexcept;

[[nodiscard]] int socket_type_of(const config::ServiceSpec& spec) noexcept;
/// True for stream and seqpacket services: listen and accept.
[[nodiscard]] bool is_connection_oriented(const config::ServiceSpec& spec) noexcept;

} // namespace usherd::daemon
