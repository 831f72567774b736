// SPDX-License-Identifier: BSD-2-Clause
//
// The address of a host as the resolver takes it: bytes and a family, no meaning. What an address
// is to the rest of usherd, access-control says.

#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>

namespace usherd::sys {

/// 16 bytes in network order; IPv4 in the mapped form `::ffff:a.b.c.d`, that is, in the last four.
struct HostAddress {
    std::array<std::uint8_t, 16> bytes{};
    bool is_ipv4 = false;

    auto operator<=>(const HostAddress&) const = default; // NOLINT(modernize-use-nullptr): it is 0
};

/// A mapped IPv6 address as the IPv4 address it is; any other as it stands. IPv4 gets its mapped
/// form, whatever its first bytes were.
[[nodiscard]] inline HostAddress unmapped(HostAddress address) noexcept
{
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (address.is_ipv4)
        std::copy(prefix.begin(), prefix.end(), address.bytes.begin());
    else
        address.is_ipv4 = std::equal(prefix.begin(), prefix.end(), address.bytes.begin());
    return address;
}

} // namespace usherd::sys
