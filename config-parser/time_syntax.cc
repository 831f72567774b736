// SPDX-License-Identifier: BSD-2-Clause
//
// Readers of clock times and durations.

#include "config-parser/time_syntax.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

/// The digits at the start of `text`, taken off it; no digits are 0, as with xinetd.
std::uint64_t take_number(std::string_view& text) noexcept
{
    constexpr std::uint64_t more_than_any_minute = 1000;
    std::uint64_t value = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        value = value * 10 + static_cast<std::uint64_t>(text.front() - '0');
        if (value > more_than_any_minute)
            value = more_than_any_minute;
        text.remove_prefix(1);
    }
    return value;
}

bool take(std::string_view& text, char letter) noexcept
{
    if (!text.starts_with(letter))
        return false;
    text.remove_prefix(1);
    return true;
}

struct ClockTime {
    std::uint64_t hour = 0;
    std::uint64_t minute = 0;

    [[nodiscard]] bool in_range() const noexcept { return hour < 24 && minute < 60; }
    [[nodiscard]] access::LocalMinute local_minute() const noexcept
    {
        return {static_cast<std::uint16_t>(hour * 60 + minute)};
    }
};

std::optional<ClockTime> take_time(std::string_view& text) noexcept
{
    ClockTime time;
    time.hour = take_number(text);
    if (!take(text, ':'))
        return std::nullopt;
    time.minute = take_number(text);
    return time;
}

} // namespace

std::optional<access::TimeWindow> parse_time_window(const Word& word, const ValueReport& report)
{
    std::string_view rest = word.text;
    const auto from = take_time(rest);
    const bool has_dash = from && take(rest, '-');
    const auto to = has_dash ? take_time(rest) : std::nullopt;
    if (!to || !rest.empty()) {
        report.bad(word,
                   fmt::format("expected an interval such as 8:00-17:30, found '{}'", word.text));
        return std::nullopt;
    }
    if (!from->in_range() || !to->in_range()) {
        report.bad(word, fmt::format("'{}' has no time of day between 0:00 and 23:59 at {}",
                                     word.text, from->in_range() ? "its end" : "its start"));
        return std::nullopt;
    }
    const access::TimeWindow window{from->local_minute(), to->local_minute()};
    if (window.from < window.to)
        return window;
    Diagnostic& diagnostic =
        report.bad(word, fmt::format("interval '{}' does not end after it starts", word.text));
    if (window.to < window.from)
        diagnostic.suggestion = fmt::format("across midnight, write '{}:{:02}-23:59 0:00-{}:{:02}'",
                                            from->hour, from->minute, to->hour, to->minute);
    return std::nullopt;
}

std::optional<std::chrono::seconds> parse_duration(const Word& word, const ValueReport& report)
{
    struct Unit {
        char letter;
        std::uint64_t seconds;
    };
    constexpr std::array units{Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86400}};
    constexpr std::uint64_t hundred_years = 36525ULL * 86400;

    std::string_view digits = word.text;
    std::uint64_t factor = 1;
    for (const Unit& unit : units) {
        if (!digits.ends_with(unit.letter))
            continue;
        factor = unit.seconds;
        digits.remove_suffix(1);
        break;
    }
    const auto number = parse_unsigned(digits);
    if (number && *number <= hundred_years / factor)
        return std::chrono::seconds{static_cast<std::int64_t>(*number * factor)};
    report.bad(word, fmt::format("expected a duration such as 90, 90s, 5m, 2h or 1d, found '{}'",
                                 word.text));
    return std::nullopt;
}

} // namespace usherd::config
