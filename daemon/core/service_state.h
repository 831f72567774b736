// SPDX-License-Identifier: BSD-2-Clause
//
// What a service is doing. States carry their data; impossible combinations do not compile.
//
//   Listening --cps exceeded--> Suspended --hold-off over--> Listening
//   Listening --wait server started--> HandedOver --that server exits--> Listening
//   any --sockets cannot be had--> OutOfService
//   any --disabled on the status socket--> Disabled --enabled, or a reload--> Listening
//   any --drained on the status socket--> Draining --nothing of it runs any more--> Disabled

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <variant>

namespace usherd::core {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Clients come in.
struct Listening {};
/// `cps` exceeded with cps_action = disable: the sockets are closed until then.
struct Suspended {
    SteadyTime until;
};
/// `wait = yes`: a server owns the socket until it exits.
struct HandedOver {
    pid_t holder = -1; ///< -1 while it is being started
};
/// Could not listen, or uses an effect this release does not have; shown with its reason.
struct OutOfService {
    std::string why;
};
/// Closed by hand, until it is enabled again or the configuration is reloaded.
struct Disabled {};
/// Closed by hand like Disabled, and somebody waits for its last server to end.
struct Draining {};
using ServiceState =
    std::variant<Listening, Suspended, HandedOver, OutOfService, Disabled, Draining>;

/// `active`, `suspended`, `handed over`, `out of service`, `disabled`, `draining`.
[[nodiscard]] std::string_view name(const ServiceState& state) noexcept;
/// The same for programs: with `_` instead of blanks.
[[nodiscard]] std::string_view status_name(const ServiceState& state) noexcept;

/// Disabled or Draining.
[[nodiscard]] bool is_closed_by_hand(const ServiceState& state) noexcept;

/// The state after the server `pid` has exited.
[[nodiscard]] ServiceState on_server_exit(ServiceState state, pid_t pid);

} // namespace usherd::core
