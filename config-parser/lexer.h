// SPDX-License-Identifier: BSD-2-Clause
//
// xinetd's lines and words: what is a line, a comment, a blank, a word. No quoting, no escapes, no
// continuation lines; CR is not special. Knows nothing of entries (xinetd_front_end.cc).

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// The C locale's isspace().
[[nodiscard]] constexpr bool is_space(char c) noexcept
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/// What separates values and the words of a header: VT, FF and CR do not.
[[nodiscard]] constexpr bool is_separator(char c) noexcept
{
    return c == ' ' || c == '\t';
}

/// A line, up to its newline or first NUL byte.
struct Line {
    std::string_view text; ///< lives as long as the text that was given to LineReader
    std::uint32_t number = 0;
};

/// Goes through a text line by line. Lines may have any length.
class LineReader {
public:
    /// @param text must outlive the reader and the lines it returns.
    explicit LineReader(std::string_view text) : rest_(text) {}

    /// The next line that is neither blank nor a comment; none at the end.
    [[nodiscard]] std::optional<Line> next();
    /// Number of the last line that was looked at; the number of lines once next() returned none.
    [[nodiscard]] std::uint32_t line_number() const noexcept { return number_; }
    /// The first NUL byte that cut a line (comments included), and how many lines were cut.
    struct Nul {
        std::uint32_t line = 0;
        std::uint32_t column = 0;
        std::uint32_t lines = 0;
    };
    [[nodiscard]] const Nul& nul() const noexcept { return nul_; }

private:
    std::string_view rest_;
    std::uint32_t number_ = 0;
    Nul nul_;
};

/// Takes words off a line.
class WordReader {
public:
    WordReader(const Line& line, SourceId file, std::size_t from = 0)
        : line_(line), file_(file), at_(from)
    {
    }

    /// The next run of bytes other than space and TAB; none at the end of the line.
    [[nodiscard]] std::optional<Word> next();

private:
    Line line_;
    SourceId file_;
    std::size_t at_;
};

/// True if `brace` is all there is on the line, white space aside.
[[nodiscard]] bool is_only(const Line& line, char brace) noexcept;

} // namespace usherd::config
