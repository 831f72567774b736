// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/time_window.h"

#include <algorithm>

namespace usherd::access {

namespace {

bool holds(const TimeWindow& window, LocalMinute minute) noexcept
{
    if (window.from <= window.to)
        return window.from <= minute && minute <= window.to;
    return window.from <= minute || minute <= window.to;
}

} // namespace

bool contains(std::span<const TimeWindow> windows, LocalMinute minute) noexcept
{
    return std::any_of(windows.begin(), windows.end(),
                       [&](const TimeWindow& window) { return holds(window, minute); });
}

} // namespace usherd::access
