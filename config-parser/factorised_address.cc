// SPDX-License-Identifier: BSD-2-Clause
//
// Reader of factorised addresses. Numbers above 255 are refused: xinetd lets them carry into the
// next octet.

#include "config-parser/factorised_address.h"

#include <fmt/format.h>

#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

constexpr std::uint64_t max_octet = 255;

FactorisedAddress mistaken(std::string text)
{
    return {{}, std::move(text)};
}

/// The octets before the brace: complete numbers, each followed by a dot.
struct Head {
    std::vector<std::uint32_t> octets;
    std::string mistake;
    bool fits = true;      ///< false: some other form
    bool undotted = false; ///< its last number has no dot
};

Head read_head(std::string_view text)
{
    Head head;
    std::string_view number;
    while (!text.empty()) {
        const std::size_t dot = text.find('.');
        number = text.substr(0, dot);
        if (number.empty()) {
            head.mistake = "has a dot with no number before it";
            return head;
        }
        const auto value = parse_unsigned(number);
        if (dot == std::string_view::npos || !value) {
            head.fits = false;
            head.undotted = value.has_value();
            return head;
        }
        if (*value > max_octet)
            head.mistake = fmt::format("has the octet {}, which exceeds 255", number);
        head.octets.push_back(static_cast<std::uint32_t>(*value));
        text.remove_prefix(dot + 1);
    }
    return head;
}

std::uint32_t compose(const std::vector<std::uint32_t>& head, std::uint32_t last)
{
    std::uint32_t address = 0;
    unsigned shift = 24;
    for (const std::uint32_t octet : head) {
        address |= octet << shift;
        shift -= 8;
    }
    return address | last << shift;
}

/// @param list what stands between the braces.
FactorisedAddress read_list(const std::vector<std::uint32_t>& head, std::string_view list)
{
    FactorisedAddress result;
    while (true) {
        const std::size_t comma = list.find(',');
        const std::string_view number = list.substr(0, comma);
        if (number.empty())
            return mistaken("has an empty place in its braces");
        const auto value = parse_unsigned(number);
        if (!value)
            return mistaken(fmt::format("has '{}' in its braces, which is no number", number));
        if (*value > max_octet)
            return mistaken(fmt::format("has {} in its braces, which exceeds 255", number));
        result.addresses.push_back(compose(head, static_cast<std::uint32_t>(*value)));
        if (comma == std::string_view::npos)
            return result;
        list.remove_prefix(comma + 1);
    }
}

} // namespace

std::optional<FactorisedAddress> parse_factorised(std::string_view text)
{
    const std::size_t brace = text.find('{');
    if (brace == std::string_view::npos) {
        const Head head = read_head(text);
        if (head.fits && head.mistake.starts_with("has a dot"))
            return mistaken(head.mistake);
        return std::nullopt;
    }
    Head head = read_head(text.substr(0, brace));
    if (head.undotted)
        return mistaken("has no dot before its brace");
    if (!head.fits)
        return std::nullopt;
    if (!head.mistake.empty())
        return mistaken(std::move(head.mistake));
    if (head.octets.size() > 3)
        return mistaken("has more than four octets");
    const std::size_t end = text.find('}', brace);
    if (end == std::string_view::npos)
        return mistaken("lacks the closing brace");
    if (end + 1 != text.size())
        return mistaken("goes on after the closing brace");
    return read_list(head.octets, text.substr(brace + 1, end - brace - 1));
}

} // namespace usherd::config
