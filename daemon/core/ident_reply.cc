// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/ident_reply.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace usherd::core {

namespace {

void skip_blanks(std::string_view& text) noexcept
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool take(std::string_view& text, std::string_view word) noexcept
{
    skip_blanks(text);
    if (!text.starts_with(word))
        return false;
    text.remove_prefix(word.size());
    return true;
}

bool take_port(std::string_view& text, std::uint16_t port) noexcept
{
    skip_blanks(text);
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value != port)
        return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

} // namespace

std::string ident_query(IdentPorts ports)
{
    return fmt::format("{},{}\r\n", ports.client, ports.local);
}

std::optional<std::string_view> ident_line(std::string_view received) noexcept
{
    const std::size_t end = received.find("\r\n");
    if (end == std::string_view::npos)
        return std::nullopt;
    return received.substr(0, end);
}

std::optional<std::string_view> ident_user(std::string_view line, IdentPorts ports) noexcept
{
    const bool is_ours = take_port(line, ports.client) && take(line, ",") &&
                         take_port(line, ports.local) && take(line, ":") && take(line, "USERID") &&
                         take(line, ":");
    if (!is_ours)
        return std::nullopt;
    skip_blanks(line);
    if (line.empty())
        return std::nullopt;
    return line;
}

std::string_view explanation(IdentFailure failure) noexcept
{
    switch (failure) {
    case IdentFailure::no_server:
        return "no server";
    case IdentFailure::timeout:
        return "timeout";
    case IdentFailure::system_error:
        return "system error";
    case IdentFailure::broken_reply:
        return "error while receiving response";
    case IdentFailure::not_understood:
        break;
    }
    return "bad response";
}

} // namespace usherd::core
