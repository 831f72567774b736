// SPDX-License-Identifier: BSD-2-Clause
//
// Which `access_times` interval a moment falls into. Pure: the caller says what time it is.
// Does not know time zones; LocalMinute is already local.

#pragma once

#include <compare>
#include <cstdint>
#include <span>

namespace usherd::access {

/// Minutes since local midnight, 0 to 1439.
struct LocalMinute {
    std::uint16_t value = 0;

    auto operator<=>(const LocalMinute&) const = default; // NOLINT(modernize-use-nullptr): it is 0
};

/// A daily interval, both ends included: one that ends at 9:00 holds 9:00:59.
/// `from` later than `to` means the interval runs across midnight (xinetd's syntax has no such).
/// @see xinetd.conf(5), access_times
struct TimeWindow {
    LocalMinute from;
    LocalMinute to;

    bool operator==(const TimeWindow&) const = default;
};

/// True if any of `windows` holds `minute`. An empty list holds nothing; "no restriction"
/// is the caller's decision.
[[nodiscard]] bool contains(std::span<const TimeWindow> windows, LocalMinute minute) noexcept;

} // namespace usherd::access
