// SPDX-License-Identifier: BSD-2-Clause
//
// Text for a terminal: what came from outside made harmless, widths, times and numbers as people
// read them. Pure.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/control/status.h"

namespace usherd::ctl {

/// Control characters and what is no UTF-8 as `\x1b`; the rest as it stands.
[[nodiscard]] std::string harmless(std::string_view text);
/// Columns of a harmless text; every character counts one.
[[nodiscard]] std::size_t width(std::string_view text) noexcept;
/// At most `columns` columns, the last one `…` if something is cut off.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);

/// `12s`, `3m05s`, `2h07m`, `5d03h`; below nothing is `0s`.
[[nodiscard]] std::string for_people(std::chrono::milliseconds duration);
/// `12ms`, `1.50s`, then as above.
[[nodiscard]] std::string precise(std::uint64_t milliseconds);
/// Local time `2026-01-05 08:03:07`; with `.250` at the end.
[[nodiscard]] std::string local_time(control::Time time);
[[nodiscard]] std::string local_time_with_milliseconds(control::Time time);
/// `1,234,567`
[[nodiscard]] std::string grouped(std::uint64_t number);

enum class Color : std::uint8_t { none, bold, dim, red, green, yellow, cyan };
/// The text between the terminal's codes; with Color::none, or not `on`, the text alone.
[[nodiscard]] std::string painted(std::string_view text, Color color, bool on);

} // namespace usherd::ctl
