// SPDX-License-Identifier: BSD-2-Clause
//
// Readers of numbers.

#include "config-parser/size_syntax.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "access-control/policy.h"
#include "config-parser/enum_syntax.h"

namespace usherd::config {

namespace {

constexpr std::uint64_t max_count = std::numeric_limits<std::int32_t>::max();

bool is_digit(char letter) noexcept
{
    return letter >= '0' && letter <= '9';
}

constexpr std::string_view space = "\t\n\v\f\r ";

/// What xinetd takes for the number in a word: without white space around it (in a word that can be
/// VT, FF and CR), and 0 if there is nothing else.
std::string_view without_space(std::string_view text) noexcept
{
    const std::size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos)
        return text.empty() ? text : "0";
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// The digits of a number that may have a `+`, or a `-` if it is 0; other text as it is.
std::string_view magnitude(std::string_view text) noexcept
{
    text = without_space(text);
    const bool signed_zero = text.starts_with('-') && text.size() > 1 &&
                             text.find_first_not_of('0', 1) == std::string_view::npos;
    return text.starts_with('+') || signed_zero ? text.substr(1) : text;
}

bool is_negative(std::string_view text) noexcept
{
    text = without_space(text);
    return text.starts_with('-') && parse_unsigned(text.substr(1));
}

} // namespace

bool all_digits(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept
{
    if (!all_digits(text))
        return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<std::uint64_t> parse_natural(std::string_view text) noexcept
{
    return parse_unsigned(magnitude(text));
}

std::optional<std::int64_t> parse_signed(std::string_view text) noexcept
{
    text = without_space(text);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    const auto magnitude = parse_unsigned(text);
    if (!magnitude ||
        *magnitude > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    const auto value = static_cast<std::int64_t>(*magnitude);
    return negative ? -value : value;
}

std::optional<std::uint32_t> parse_octal(std::string_view text, std::uint32_t maximum) noexcept
{
    text = magnitude(text);
    if (!all_digits(text))
        return std::nullopt;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
    if (error != std::errc{} || end != text.data() + text.size() || value > maximum)
        return std::nullopt;
    return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept
{
    if (const std::size_t last = text.find_last_not_of(space); last != std::string_view::npos)
        text = text.substr(0, last + 1);
    unsigned shift = 0;
    if (text.ends_with('k') || text.ends_with('K'))
        shift = 10;
    else if (text.ends_with('m') || text.ends_with('M'))
        shift = 20;
    if (shift != 0)
        text.remove_suffix(1);
    const auto number = parse_natural(text);
    if (!number || *number > (std::numeric_limits<std::uint64_t>::max() >> shift))
        return std::nullopt;
    return *number << shift;
}

std::optional<std::uint64_t> parse_resource_limit(const Word& word, SizeSuffix suffix,
                                                  const ValueReport& report)
{
    // A negative number is the end of an unsigned one's range: no limit.
    if (equal_ignoring_case(word.text, "UNLIMITED") || is_negative(word.text))
        return no_resource_limit;
    const auto value =
        suffix == SizeSuffix::allowed ? parse_size(word.text) : parse_natural(word.text);
    if (value)
        return value;
    report.bad(word, fmt::format("expected {} or UNLIMITED, found '{}'",
                                 suffix == SizeSuffix::allowed ? "a size such as 512, 64K or 8M"
                                                               : "a number of seconds",
                                 word.text));
    return std::nullopt;
}

std::optional<std::uint32_t> parse_count(const Word& word, const ValueReport& report)
{
    if (equal_ignoring_case(word.text, "UNLIMITED"))
        return access::unlimited;
    const auto value = parse_natural(word.text);
    if (value && *value <= max_count)
        return static_cast<std::uint32_t>(*value);
    Diagnostic& diagnostic =
        report.bad(word, fmt::format("expected a number from 0 to {} or UNLIMITED, found '{}'",
                                     max_count, word.text));
    constexpr Keyword unlimited_word{"UNLIMITED", 0};
    suggest(diagnostic, closest_keyword({&unlimited_word, 1}, word.text));
    return std::nullopt;
}

std::optional<std::uint64_t> parse_range(const Word& word, std::uint64_t minimum,
                                         std::uint64_t maximum, std::string_view expected,
                                         const ValueReport& report)
{
    const auto value = parse_natural(word.text);
    if (value && *value >= minimum && *value <= maximum)
        return value;
    report.bad(word, fmt::format("expected {} from {} to {}, found '{}'", expected, minimum,
                                 maximum, word.text));
    return std::nullopt;
}

std::optional<std::uint32_t> parse_id(const Word& word, std::string_view what,
                                      const ValueReport& report)
{
    constexpr std::uint64_t highest = std::numeric_limits<std::uint32_t>::max() - 1;
    const auto value = parse_range(word, 0, highest, what, report);
    if (!value)
        return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

} // namespace usherd::config
