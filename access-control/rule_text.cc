// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/rule_text.h"

#include <charconv>

namespace usherd::access {

std::string to_string(const Prefix& prefix)
{
    const IpAddress address = IpAddress::from_ipv6(prefix.bytes);
    const bool is_mapped = prefix.family == Family::ipv6 && address.family() == Family::ipv4;
    const unsigned whole = prefix.family == Family::ipv4 ? 32 : 128;
    std::string text = is_mapped ? "::ffff:" + to_string(address) : to_string(address);
    if (prefix.length != whole)
        text += "/" + std::to_string(prefix.length);
    return text;
}

std::string to_string(const AddressRule& rule)
{
    if (const auto* prefix = std::get_if<Prefix>(&rule))
        return to_string(*prefix);
    return std::get<HostPattern>(rule).text;
}

std::optional<Prefix> parse_prefix(std::string_view text)
{
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    const unsigned whole = address->family() == Family::ipv4 ? 32 : 128;
    if (slash == std::string_view::npos)
        return make_prefix(*address);
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, length);
    if (error != std::errc{} || stop != end || length > whole)
        return std::nullopt;
    return make_prefix(address->family(), address->bytes(), length);
}

} // namespace usherd::access
