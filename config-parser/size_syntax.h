// SPDX-License-Identifier: BSD-2-Clause
//
// Numbers: counts, sizes with K and M, octal modes, durations. As in xinetd, a word that is a
// number may have white space around it (VT, FF, and the CR of a file with CR LF), and nothing but
// that is 0. No other text, and nothing wraps around.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config-parser/raw_model.h"
#include "config-parser/value_report.h"

namespace usherd::config {

/// Decimal digits only. @return none if `text` is anything else or exceeds 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;
/// A number as attributes take it: digits after an optional `+`, `-0`, white space around it.
[[nodiscard]] std::optional<std::uint64_t> parse_natural(std::string_view text) noexcept;
/// The same after an optional `+` or `-`.
[[nodiscard]] std::optional<std::int64_t> parse_signed(std::string_view text) noexcept;
/// The same in octal digits, at most `maximum`.
[[nodiscard]] std::optional<std::uint32_t> parse_octal(std::string_view text,
                                                       std::uint32_t maximum) noexcept;
/// True if `text` is one or more digits.
[[nodiscard]] bool all_digits(std::string_view text) noexcept;

/// A number as of parse_natural(), then optionally `k`, `K`, `m` or `M` for 2^10 or 2^20.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

enum class SizeSuffix : std::uint8_t { allowed, none };
/// The value of an rlimit_* attribute; no_resource_limit for UNLIMITED and
/// negative numbers.
[[nodiscard]] std::optional<std::uint64_t> parse_resource_limit(const Word& word, SizeSuffix suffix,
                                                                const ValueReport& report);

/// A count or UNLIMITED (access::unlimited); at most 2^31 - 1.
[[nodiscard]] std::optional<std::uint32_t> parse_count(const Word& word, const ValueReport& report);

/// A number from `minimum` to `maximum`; the message says what was `expected`.
[[nodiscard]] std::optional<std::uint64_t> parse_range(const Word& word, std::uint64_t minimum,
                                                       std::uint64_t maximum,
                                                       std::string_view expected,
                                                       const ValueReport& report);

/// A uid or gid in digits: below 2^32 - 1, which means "no one" to the kernel.
[[nodiscard]] std::optional<std::uint32_t> parse_id(const Word& word, std::string_view what,
                                                    const ValueReport& report);

} // namespace usherd::config
