// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/tcpmux_line.h"

#include <algorithm>

namespace usherd::core {

namespace {

constexpr char lower(char character) noexcept
{
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

} // namespace

TcpmuxLine parse_tcpmux_line(std::string_view received) noexcept
{
    const auto line = received.substr(0, max_tcpmux_line_bytes);
    const auto end = line.find_first_of("\r\n");
    const bool is_full = line.size() == max_tcpmux_line_bytes;
    if (end == std::string_view::npos)
        return {is_full ? TcpmuxLine::State::malformed : TcpmuxLine::State::incomplete, {}, 0};
    if (end == 0 || line[end] == '\n')
        return {TcpmuxLine::State::malformed, {}, 0};
    if (end + 1 == line.size())
        return {is_full ? TcpmuxLine::State::malformed : TcpmuxLine::State::incomplete, {}, 0};
    if (line[end + 1] != '\n')
        return {TcpmuxLine::State::malformed, {}, 0};
    return {TcpmuxLine::State::complete, line.substr(0, end), end + 2};
}

bool is_same_tcpmux_name(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::string tcpmux_list(std::span<const std::string> names)
{
    std::string text;
    for (const std::string& name : names)
        text.append(name).append("\r\n");
    return text;
}

} // namespace usherd::core
