// SPDX-License-Identifier: BSD-2-Clause
//
// Moments as text, RFC 3339 in UTC with milliseconds: the form in which all of them travel.

#include <charconv>

#include <fmt/format.h>

#include "daemon/control/json.h"

namespace usherd::control {

namespace {

using std::chrono::days;

/// Exactly `digits` digits at the start of `text`, which are cut off.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t digits) noexcept
{
    unsigned value = 0;
    if (text.size() < digits)
        return std::nullopt;
    for (const char c : text.substr(0, digits)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

/// The number after the character `before`.
std::optional<unsigned> take_after(std::string_view& text, char before, std::size_t digits) noexcept
{
    if (!text.starts_with(before))
        return std::nullopt;
    text.remove_prefix(1);
    return take_digits(text, digits);
}

/// `.25Z`, `Z`: the milliseconds of what is behind the seconds.
std::optional<unsigned> take_rest(std::string_view text) noexcept
{
    unsigned milliseconds = 0;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        unsigned weight = 100;
        std::size_t count = 0;
        for (; !text.empty() && text.front() != 'Z' && count < 3; ++count, weight /= 10) {
            const auto digit = take_digits(text, 1);
            if (!digit)
                return std::nullopt;
            milliseconds += *digit * weight;
        }
        if (count == 0)
            return std::nullopt;
    }
    return text == "Z" ? std::optional(milliseconds) : std::nullopt;
}

} // namespace

std::string to_text(Time time)
{
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const auto since_midnight = (time - day).count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       since_midnight / 3'600'000, since_midnight / 60'000 % 60,
                       since_midnight / 1000 % 60, since_midnight % 1000);
}

std::optional<Time> parse_time(std::string_view text) noexcept
{
    const auto year = take_digits(text, 4);
    const auto month = take_after(text, '-', 2);
    const auto day = take_after(text, '-', 2);
    const auto hour = take_after(text, 'T', 2);
    const auto minute = take_after(text, ':', 2);
    const auto second = take_after(text, ':', 2);
    if (!year || !month || !day || !hour || !minute || !second)
        return std::nullopt;
    const auto milliseconds = take_rest(text);
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day));
    if (!milliseconds || !date.ok() || *hour > 23 || *minute > 59 || *second > 59)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) + std::chrono::milliseconds(*milliseconds);
}

} // namespace usherd::control
