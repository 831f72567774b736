// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/text.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "config-parser/printable.h"

namespace usherd::ctl {

namespace {

bool is_inside(char byte) noexcept
{
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

std::string formatted(std::time_t seconds)
{
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 32> buffer{};
    return {buffer.data(),
            std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &local)};
}

} // namespace

std::string harmless(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = config::printable_length(text.substr(i));
        if (length == 0)
            result += fmt::format("\\x{:02x}",
                                  static_cast<unsigned>(static_cast<unsigned char>(text[i])));
        else
            result += text.substr(i, length);
        i += length == 0 ? 1 : length;
    }
    return result;
}

std::size_t width(std::string_view text) noexcept
{
    std::size_t columns = 0;
    for (const char byte : text)
        columns += is_inside(byte) ? 0 : 1;
    return columns;
}

std::string cut(std::string_view text, std::size_t columns)
{
    if (width(text) <= columns)
        return std::string(text);
    if (columns == 0)
        return {};
    std::size_t end = 0;
    for (std::size_t taken = 0; end < text.size(); ++end) {
        if (!is_inside(text[end]) && taken++ == columns - 1)
            break;
    }
    return std::string(text.substr(0, end)) + "…";
}

std::string for_people(std::chrono::milliseconds duration)
{
    const std::int64_t seconds = std::max<std::int64_t>(duration.count(), 0) / 1000;
    if (seconds < 60)
        return fmt::format("{}s", seconds);
    if (seconds < 3600)
        return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
    if (seconds < 86'400)
        return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{}d{:02}h", seconds / 86'400, seconds / 3600 % 24);
}

std::string precise(std::uint64_t milliseconds)
{
    if (milliseconds < 1000)
        return fmt::format("{}ms", milliseconds);
    if (milliseconds < 60'000)
        return fmt::format("{}.{:02}s", milliseconds / 1000, milliseconds % 1000 / 10);
    return for_people(std::chrono::milliseconds{milliseconds});
}

std::string local_time(control::Time time)
{
    return formatted(static_cast<std::time_t>(
        std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

std::string local_time_with_milliseconds(control::Time time)
{
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{}.{:03}", local_time(time), (time - second).count());
}

std::string grouped(std::uint64_t number)
{
    std::string text = fmt::format("{}", number);
    for (std::size_t at = text.size(); at > 3; at -= 3)
        text.insert(at - 3, ",");
    return text;
}

std::string painted(std::string_view text, Color color, bool on)
{
    constexpr std::array<std::string_view, 7> codes{"", "1", "2", "31", "32", "33", "36"};
    if (!on || color == Color::none)
        return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(color)], text);
}

} // namespace usherd::ctl
