// SPDX-License-Identifier: BSD-2-Clause
//
// Short ways to write addresses, rules and peers in the tests of access-control.

#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access-control/address_set.h"
#include "access-control/ip_address.h"

namespace usherd::access {

inline IpAddress ip(std::string_view text)
{
    const auto address = IpAddress::parse(text);
    if (!address)
        throw std::invalid_argument(std::string(text));
    return *address;
}

/// An IPv4 client of an IPv4 socket or an IPv6 client of an IPv6 one.
inline Peer native(std::string_view text)
{
    return {ip(text), Arrival::native, 40000};
}

/// An IPv4 client of a dual-stack socket.
inline Peer mapped(std::string_view text)
{
    return {ip(text), Arrival::mapped, 40000};
}

/// `10.0.0.0/8`, `2001:db8::/32`, an address alone, or a host name or domain. A prefix written in
/// the mapped form with its length in 128 bits (`::ffff:10.0.0.0/104`) is an IPv6 prefix.
inline AddressRule rule(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address)
        return HostPattern{std::string(text)};
    const auto family = text.find(':') == std::string_view::npos ? Family::ipv4 : Family::ipv6;
    const unsigned whole = family == Family::ipv4 ? 32 : 128;
    const unsigned length =
        slash == std::string_view::npos
            ? whole
            : static_cast<unsigned>(std::stoul(std::string(text.substr(slash + 1))));
    return make_prefix(family, address->bytes(), length);
}

inline AddressSet set_of(std::initializer_list<std::string_view> texts)
{
    std::vector<AddressRule> rules;
    for (const auto text : texts)
        rules.push_back(rule(text));
    return AddressSet(std::move(rules));
}

} // namespace usherd::access
