// SPDX-License-Identifier: BSD-2-Clause
//
// What the daemon is doing, read off the Server as values of the status protocol.

#pragma once

#include <optional>
#include <string>

#include "daemon/control/activity.h"
#include "daemon/control/status.h"
#include "daemon/server.h"

namespace usherd::daemon {

/// The moment in the precision in which moments travel.
[[nodiscard]] control::Time to_time(std::chrono::system_clock::time_point when) noexcept;
/// When a moment of the steady clock was, or will be, by the wall clock.
[[nodiscard]] control::Time to_time(std::chrono::steady_clock::time_point when) noexcept;

[[nodiscard]] control::DaemonStatus daemon_status(const Server& server, control::Time started);
[[nodiscard]] control::ServiceSummary service_summary(const Service& service);
[[nodiscard]] control::ServiceDetail service_detail(const Server& server, const Service& service);
/// @param id of the service whose handlers are wanted; absent: of all.
[[nodiscard]] control::ConnectionList connections(const Server& server,
                                                  const std::optional<std::string>& id);

[[nodiscard]] control::SourceLists source_lists(const Activity& activity, std::size_t top);
[[nodiscard]] control::Ban to_ban(const core::BanList::Entry& entry);
/// @param entry of who has touched a sensor
[[nodiscard]] control::Ban to_ban(const core::DenyList::Entry& entry);
[[nodiscard]] control::BanList ban_list(const Server& server);

} // namespace usherd::daemon
