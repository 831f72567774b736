// SPDX-License-Identifier: BSD-2-Clause
//
// Keyword look-up and spelling suggestions.

#include "config-parser/enum_syntax.h"

#include <algorithm>
#include <array>
#include <vector>

namespace usherd::config {

namespace {

char lower(char letter) noexcept
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr std::array yes_no{Keyword{"yes", 1}, Keyword{"no", 0}};

} // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept
{
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<int> find_keyword(std::span<const Keyword> keywords, std::string_view text) noexcept
{
    for (const Keyword& keyword : keywords)
        if (equal_ignoring_case(keyword.text, text))
            return keyword.value;
    return std::nullopt;
}

std::string list_of(std::span<const Keyword> keywords)
{
    std::string text;
    for (std::size_t i = 0; i < keywords.size(); ++i) {
        if (i > 0)
            text += i + 1 == keywords.size() ? " or " : ", ";
        text += keywords[i].text;
    }
    return text;
}

/// Optimal string alignment, three rows at a time.
std::size_t edit_distance(std::string_view left, std::string_view right, std::size_t limit)
{
    const std::size_t gap =
        left.size() > right.size() ? left.size() - right.size() : right.size() - left.size();
    if (gap > limit)
        return limit + 1;
    std::vector<std::size_t> before(right.size() + 1), above(right.size() + 1),
        row(right.size() + 1);
    for (std::size_t column = 0; column <= right.size(); ++column)
        above[column] = column;
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        std::size_t best = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const bool same = lower(left[i - 1]) == lower(right[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            if (i > 1 && j > 1 && lower(left[i - 1]) == lower(right[j - 2]) &&
                lower(left[i - 2]) == lower(right[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
            best = std::min(best, row[j]);
        }
        if (best > limit)
            return limit + 1;
        before.swap(above);
        above.swap(row);
    }
    return above[right.size()];
}

std::size_t plausible_slips(std::size_t length) noexcept
{
    if (length < 3)
        return 0;
    return length < 6 ? 1 : 2;
}

std::string_view closest_keyword(std::span<const Keyword> keywords, std::string_view text)
{
    std::string_view closest;
    std::size_t best = plausible_slips(text.size()) + 1;
    for (const Keyword& keyword : keywords) {
        const std::size_t distance = edit_distance(text, keyword.text, best);
        if (distance < best) {
            best = distance;
            closest = keyword.text;
        }
    }
    return closest;
}

void suggest(Diagnostic& diagnostic, std::string_view closest)
{
    if (!closest.empty())
        diagnostic.suggestion = fmt::format("did you mean '{}'?", closest);
}

std::optional<int> parse_keyword(std::span<const Keyword> keywords, const Word& word,
                                 const ValueReport& report, BadKeyword severity)
{
    if (const auto value = find_keyword(keywords, word.text))
        return value;
    const std::string message =
        fmt::format("expected {}, found '{}'", list_of(keywords), word.text);
    Diagnostic& diagnostic = severity == BadKeyword::is_error ? report.bad(word, message)
                                                              : report.bad_keyword(word, message);
    suggest(diagnostic, closest_keyword(keywords, word.text));
    return std::nullopt;
}

std::optional<bool> parse_yes_no(const Word& word, const ValueReport& report)
{
    const auto value = parse_keyword(yes_no, word, report);
    if (!value)
        return std::nullopt;
    return *value != 0;
}

} // namespace usherd::config
