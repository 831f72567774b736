// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/internal_content.h"

#include <algorithm>

#include <fmt/format.h>

namespace usherd::core {

namespace {

constexpr char first_character = '!';
constexpr std::size_t character_count = 93; // to '}'
constexpr std::size_t full_line_characters = chargen_line_bytes - 2;

constexpr char character(std::size_t line, std::size_t column) noexcept
{
    return static_cast<char>(first_character + (line + column) % character_count);
}

constexpr std::array<char, chargen_period_bytes> make_period() noexcept
{
    std::array<char, chargen_period_bytes> period{};
    std::size_t at = 0;
    for (std::size_t line = 0; line < chargen_period_lines; ++line) {
        for (std::size_t column = 0; column < full_line_characters; ++column)
            period[at++] = character(line, column);
        period[at++] = '\r';
        period[at++] = '\n';
    }
    return period;
}

constexpr std::array<char, chargen_period_bytes> period = make_period();

constexpr std::array<std::string_view, 6> names{"echo",    "discard", "chargen",
                                                "daytime", "time",    "tcpmux"};

} // namespace

std::optional<InternalService> find_internal(std::string_view name) noexcept
{
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<InternalService>(found - names.begin());
}

std::string_view name(InternalService service) noexcept
{
    return names[static_cast<std::size_t>(service)];
}

bool is_inline(InternalService service, config::SocketType socket_type) noexcept
{
    return socket_type != config::SocketType::stream || service == InternalService::daytime ||
           service == InternalService::time;
}

std::span<const char, chargen_period_bytes> chargen_period() noexcept
{
    return period;
}

std::array<char, ChargenDatagrams::datagram_bytes> ChargenDatagrams::next() noexcept
{
    std::array<char, datagram_bytes> datagram{};
    std::size_t at = 0;
    while (at < datagram_bytes) {
        const std::size_t line_bytes = std::min(chargen_line_bytes, datagram_bytes - at);
        const char* line = period.data() + line_ * chargen_line_bytes;
        std::copy_n(line, line_bytes - 2, datagram.data() + at);
        at += line_bytes;
        datagram[at - 2] = '\r';
        datagram[at - 1] = '\n';
        line_ = (line_ + 1) % chargen_period_lines;
    }
    return datagram;
}

std::string daytime_text(const std::tm& local)
{
    static constexpr std::array<std::string_view, 12> months{
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    return fmt::format("{:02} {} {} {:02}:{:02}:{:02} {}\r\n", local.tm_mday,
                       months[static_cast<std::size_t>(local.tm_mon)], local.tm_year + 1900,
                       local.tm_hour, local.tm_min, local.tm_sec,
                       local.tm_zone != nullptr ? local.tm_zone : "");
}

std::array<char, 4> time_bytes(std::time_t now) noexcept
{
    constexpr std::uint64_t from_1900_to_1970 = 2'208'988'800; // RFC 868
    const auto since_1900 =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(now) + from_1900_to_1970);
    return {static_cast<char>(since_1900 >> 24), static_cast<char>(since_1900 >> 16),
            static_cast<char>(since_1900 >> 8), static_cast<char>(since_1900)};
}

} // namespace usherd::core
