// SPDX-License-Identifier: BSD-2-Clause
//
// Words out of a fixed set, compared without regard to case (in ASCII, whatever the locale), and
// the guess at which of them a misspelled one was meant to be.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config-parser/raw_model.h"
#include "config-parser/value_report.h"

namespace usherd::config {

/// A word of a set and the enumerator or constant it stands for.
struct Keyword {
    std::string_view text; ///< as messages spell it; a literal
    int value = 0;
};

[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] std::optional<int> find_keyword(std::span<const Keyword> keywords,
                                              std::string_view text) noexcept;
/// `a, b or c`.
[[nodiscard]] std::string list_of(std::span<const Keyword> keywords);

/// Changes of one letter (insert, drop, replace, swap neighbours) that make `right` of `left`,
/// without regard to case; counts no further than `limit` + 1.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right,
                                        std::size_t limit);
/// How many changes still look like a slip in a word of this length.
[[nodiscard]] std::size_t plausible_slips(std::size_t length) noexcept;
/// The keyword `text` was probably meant to be; empty if none is close.
[[nodiscard]] std::string_view closest_keyword(std::span<const Keyword> keywords,
                                               std::string_view text);
/// Puts `did you mean 'X'?` into the diagnostic if `closest` is not empty.
void suggest(Diagnostic& diagnostic, std::string_view closest);

/// Which severity a word that is not in the set has.
enum class BadKeyword : std::uint8_t { is_error, is_warning };

/// @return none, having reported it, if the word is not one of `keywords`.
[[nodiscard]] std::optional<int> parse_keyword(std::span<const Keyword> keywords, const Word& word,
                                               const ValueReport& report,
                                               BadKeyword severity = BadKeyword::is_error);
[[nodiscard]] std::optional<bool> parse_yes_no(const Word& word, const ValueReport& report);

} // namespace usherd::config
