// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/activity.h"

#include <algorithm>
#include <array>

namespace usherd::control {

namespace {

constexpr std::array<std::string_view, event_kind_count> kind_names{
    "accepted", "refused", "started", "exited",  "state",  "reload",
    "ban",      "unban",   "missed",  "dropped", "unknown"};
static_assert(static_cast<std::size_t>(EventKind::unknown) + 1 == kind_names.size());

} // namespace

std::string_view name(EventKind kind) noexcept
{
    return kind_names[static_cast<std::size_t>(kind)];
}

EventKind event_kind(std::string_view name) noexcept
{
    const auto* found = std::find(kind_names.begin(), kind_names.end(), name);
    return found == kind_names.end() ? EventKind::unknown
                                     : static_cast<EventKind>(found - kind_names.begin());
}

} // namespace usherd::control
