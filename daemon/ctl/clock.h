// SPDX-License-Identifier: BSD-2-Clause
//
// The time, and spans of it as words of a command line.

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "daemon/control/status.h"

namespace usherd::ctl {

[[nodiscard]] control::Time now();
/// `90`, `90s`, `15m`, `2h`, `7d`: seconds; at least one, at most ten years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text) noexcept;

} // namespace usherd::ctl
