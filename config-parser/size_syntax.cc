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

std::string_view without_plus(std::string_view text) noexcept
{
    return text.starts_with('+') ? text.substr(1) : text;
}

bool is_negative(std::string_view text) noexcept
{
    return text.starts_with('-') && all_digits(text.substr(1));
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

std::optional<std::int64_t> parse_signed(std::string_view text) noexcept
{
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
    text = without_plus(text);
    unsigned shift = 0;
    if (text.ends_with('k') || text.ends_with('K'))
        shift = 10;
    else if (text.ends_with('m') || text.ends_with('M'))
        shift = 20;
    if (shift != 0)
        text.remove_suffix(1);
    const auto number = parse_unsigned(text);
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
    const auto value = suffix == SizeSuffix::allowed ? parse_size(word.text)
                                                     : parse_unsigned(without_plus(word.text));
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
    const auto value = parse_unsigned(without_plus(word.text));
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
    const auto value = parse_unsigned(without_plus(word.text));
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
