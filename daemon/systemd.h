// SPDX-License-Identifier: BSD-2-Clause
//
// What a supervisor tells us and hears from us: sockets it passes (LISTEN_FDS), readiness and the
// watchdog (NOTIFY_SOCKET). Without libsystemd: nothing is passed, nothing is told. The library is
// loaded where one of its variables is set.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config-parser/service_spec.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// A listening or bound socket from the supervisor; close-on-exec.
struct PassedSocket {
    sys::UniqueFd fd;
    config::SocketType type = config::SocketType::stream;
    /// Where it is bound. `address` is absent for the wildcard, as in a ServiceSpec.
    config::Endpoint endpoint;
};

/// How many descriptors from 3 on are the supervisor's (LISTEN_FDS, LISTEN_PID is us), so that
/// nobody closes them before take_passed_sockets(). Changes nothing.
[[nodiscard]] int passed_descriptor_count() noexcept;

/// Takes the sockets and removes the variables from the environment. To be called once, before
/// other threads. Descriptors that are no listening stream or bound datagram sockets are closed;
/// each gets a line in `rejected`, and so does a library that cannot be loaded.
[[nodiscard]] std::vector<PassedSocket> take_passed_sockets(std::vector<std::string>& rejected);

/// True for variables that are meant for the daemon alone and not for its handlers: NOTIFY_SOCKET,
/// WATCHDOG_USEC, WATCHDOG_PID, LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES. @param assignment
/// NAME=value
[[nodiscard]] bool is_supervisor_variable(std::string_view assignment) noexcept;

void notify_ready(std::string_view status) noexcept;
void notify_reloading() noexcept; ///< to be followed by notify_ready()
void notify_stopping() noexcept;
void notify_status(std::string_view status) noexcept;
void notify_watchdog() noexcept;
/// How often notify_watchdog() is due: half of what the supervisor waits. Absent: no watchdog.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() noexcept;

} // namespace usherd::daemon
