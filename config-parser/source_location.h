// SPDX-License-Identifier: BSD-2-Clause
//
// Where a word of the configuration stands.

#pragma once

#include <compare>
#include <cstdint>

namespace usherd::config {

/// Index into Sources (diagnostic.h); file names are kept once.
enum class SourceId : std::uint32_t {};

/// `line` and `column` count from 1; the column counts bytes. Line 0: the file as a whole.
struct SourceLocation {
    SourceId file{};
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    auto operator<=>(const SourceLocation&) const = default;
};

} // namespace usherd::config
