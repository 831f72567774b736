// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/target.h"

#include <algorithm>

#include <fmt/format.h>

namespace usherd::control {

namespace {

constexpr std::size_t max_parameters = 16;
constexpr std::size_t max_parts = 8;

std::optional<unsigned> hex_digit(char c) noexcept
{
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

bool is_control(char c) noexcept
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
            const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
            if (!low)
                return std::nullopt;
            c = static_cast<char>(*high * 16 + *low);
            i += 2;
        }
        if (is_control(c))
            return std::nullopt;
        result += c;
    }
    return result;
}

/// Cuts the text before `separator` off `rest`, and the separator.
std::string_view take_until(std::string_view& rest, char separator) noexcept
{
    const std::string_view piece = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
    return piece;
}

std::optional<std::vector<QueryItem>> split_query(std::string_view query)
{
    std::vector<QueryItem> items;
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const std::string_view name = take_until(value, '=');
        auto decoded_name = percent_decoded(name);
        auto decoded_value = percent_decoded(value);
        if (!decoded_name || !decoded_value || items.size() == max_parameters)
            return std::nullopt;
        items.push_back({std::move(*decoded_name), std::move(*decoded_value)});
    }
    return items;
}

/// `http://usherd/v1/status` has the path from the third slash on; RFC 9112, 3.2.2.
std::string_view without_authority(std::string_view target) noexcept
{
    constexpr std::string_view scheme = "http://";
    if (!target.starts_with(scheme))
        return target;
    const std::size_t slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? "/" : target.substr(slash);
}

} // namespace

std::optional<Target> split_target(std::string_view target)
{
    std::string_view rest = without_authority(target);
    if (!rest.starts_with('/'))
        return std::nullopt;
    std::string_view path = take_until(rest, '?');
    path.remove_prefix(1);
    auto query = split_query(rest);
    if (!query)
        return std::nullopt;
    Target result;
    result.query = std::move(*query);
    bool more = true;
    while (more) {
        more = path.find('/') != std::string_view::npos;
        auto part = percent_decoded(take_until(path, '/'));
        if (!part || result.path.size() == max_parts)
            return std::nullopt;
        result.path.push_back(std::move(*part));
    }
    return result;
}

std::string percent_encoded(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            result += c;
        else
            fmt::format_to(std::back_inserter(result), "%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

} // namespace usherd::control
