// SPDX-License-Identifier: BSD-2-Clause
//
// The values of the protocol as JSON and back. Writing replaces what is no UTF-8; reading is strict
// about types and ranges, passes over members it does not know, and never throws.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/control/activity.h"
#include "daemon/control/plan.h"
#include "daemon/control/request.h"
#include "daemon/control/status.h"
#include "daemon/control/trace.h"

namespace usherd::control {

/// One line, without the newline. For DaemonStatus, ServiceSummary, ServiceList, ServiceDetails,
/// Connection, ConnectionList, KillAnswer, SourceLists, Event, Ban, BanList, BanOrder, TraceList,
/// ReloadAnswer and Error.
template <typename T>
[[nodiscard]] std::string to_json(const T& value);

/// @param why if there is no value: what is wrong, with the name of the member.
template <typename T>
[[nodiscard]] std::optional<T> from_json(std::string_view text, std::string& why);

/// `2026-01-05T08:03:07.250Z`
[[nodiscard]] std::string to_text(Time time);
/// The same form only, with no or up to three digits behind the second.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text) noexcept;

} // namespace usherd::control
