// SPDX-License-Identifier: BSD-2-Clause
//
// Which characters of text from outside may be shown on a terminal as they are.

#pragma once

#include <cstddef>
#include <string_view>

namespace usherd::config {

/// Bytes of the UTF-8 character at the start of `text`, which is not empty; 0 if it is none that
/// may be shown: malformed, a control, or one that turns the direction of the line.
[[nodiscard]] std::size_t printable_length(std::string_view text) noexcept;

} // namespace usherd::config
