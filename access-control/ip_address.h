// SPDX-License-Identifier: BSD-2-Clause
//
// Internet addresses as values: no sockets, no names, no ports but in Peer.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace usherd::access {

enum class Family : std::uint8_t { ipv4, ipv6 };

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) given to `from_ipv6`
/// is unwrapped to IPv4, so that one host is one value however it came in.
class IpAddress {
public:
    using Bytes4 = std::array<std::uint8_t, 4>;
    using Bytes16 = std::array<std::uint8_t, 16>;

    constexpr IpAddress() = default; ///< 0.0.0.0
    [[nodiscard]] static IpAddress from_ipv4(const Bytes4& bytes) noexcept;
    /// Network byte order. Unwraps IPv4-mapped addresses.
    [[nodiscard]] static IpAddress from_ipv6(const Bytes16& bytes) noexcept;
    /// Strict textual forms only (inet_pton); no names, no short forms, no scope, no brackets.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text) noexcept;

    [[nodiscard]] Family family() const noexcept { return family_; }
    /// 16 bytes in network order; an IPv4 address in its mapped form.
    [[nodiscard]] const Bytes16& bytes() const noexcept { return bytes_; }
    [[nodiscard]] Bytes4 ipv4_bytes() const noexcept; ///< REQUIRES family() == ipv4
    [[nodiscard]] bool is_loopback() const noexcept;
    [[nodiscard]] bool is_multicast() const noexcept;
    [[nodiscard]] bool is_unspecified() const noexcept;
    /// The address with all but the first `length` bits (32 or 128 at most) cleared.
    [[nodiscard]] IpAddress masked(unsigned length) const noexcept;

    auto operator<=>(const IpAddress&) const = default;

private:
    Family family_ = Family::ipv4;
    Bytes16 bytes_{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
};

/// `bytes` with all but the first `length` bits (0 to 128) cleared.
[[nodiscard]] IpAddress::Bytes16 keep_bits(IpAddress::Bytes16 bytes, unsigned length) noexcept;

/// RFC 5952 text; IPv4 dotted.
[[nodiscard]] std::string to_string(const IpAddress& address);

/// How the peer's address reached us: `mapped` is an IPv4 peer on an IPv6 (dual-stack) socket.
/// xinetd logs and matches such a peer as `::ffff:a.b.c.d`.
enum class Arrival : std::uint8_t { native, mapped };

/// The other end of a connection or the sender of a datagram.
struct Peer {
    IpAddress address;
    Arrival arrival = Arrival::native;
    std::uint16_t port = 0;

    bool operator==(const Peer&) const = default;
};

/// The address as xinetd prints it in logs and REMOTE_HOST: `192.0.2.7`, `2001:db8::1`, and
/// `::ffff:192.0.2.7` for a mapped one. No port, no brackets, no scope.
[[nodiscard]] std::string log_text(const Peer& peer);

} // namespace usherd::access

/// Mixes all 128 bits by multiplication with fixed constants: fast and even, but no secret. Whoever
/// chooses his addresses can make some collide; SourceCounter holds one entry for each running
/// server at most, so `instances` bounds what that costs.
template <>
struct std::hash<usherd::access::IpAddress> {
    std::size_t operator()(const usherd::access::IpAddress& address) const noexcept;
};
