// SPDX-License-Identifier: BSD-2-Clause
//
// A list of `only_from` or `no_access` rules, compiled for longest-prefix match.
// Matching costs O(log n) in the number of prefixes. Knows no text forms (config-parser reads
// those) and no resolver: a host name comes in as an argument, already confirmed.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access-control/ip_address.h"

namespace usherd::access {

/// A network. An IPv4 prefix matches IPv4 peers, mapped or not. An IPv6 prefix matches peers of
/// IPv6 sockets only, mapped ones in their mapped form (`::ffff:a.b.c.d`, `::/0`); so a prefix
/// inside ::ffff:0:0/96 stays IPv6 here.
struct Prefix {
    Family family = Family::ipv4;
    IpAddress::Bytes16 bytes{}; ///< network order, host bits zero; IPv4 in the mapped form
    std::uint8_t length = 0;    ///< bits, 0 to 32 or 0 to 128

    bool operator==(const Prefix&) const = default;
};

/// Host name (`host.example.com`: equals the peer's name) or domain (`.example.com`: the peer's
/// name ends in it); compared without regard to case.
struct HostPattern {
    std::string text;

    bool operator==(const HostPattern&) const = default; ///< as written; see same_rule
};

using AddressRule = std::variant<Prefix, HostPattern>;

/// Equal prefixes, or host patterns that differ in case only: what `-=` removes.
[[nodiscard]] bool same_rule(const AddressRule& left, const AddressRule& right) noexcept;

/// The length of a match of `pattern` with `host_name`: 128, domain_match or no_match.
[[nodiscard]] int match_bits(const HostPattern& pattern, std::string_view host_name) noexcept;
/// True if the pattern is a domain (`.example.com`), not one host.
[[nodiscard]] bool is_domain(const HostPattern& pattern) noexcept;
/// True if every peer that `inner` matches by its name is matched by `outer` too.
[[nodiscard]] bool covers(const HostPattern& outer, const HostPattern& inner) noexcept;

/// Masks host bits off `bytes` (network order, IPv4 mapped).
[[nodiscard]] Prefix make_prefix(Family family, IpAddress::Bytes16 bytes, unsigned length) noexcept;
[[nodiscard]] Prefix make_prefix(const IpAddress& address); ///< the host itself, /32 or /128

/// Lengths of a match, in bits of a 128-bit address: an IPv4 /n counts 96 + n, a host name 128, a
/// domain `domain_match`. no_match < any_peer < domain_match < 0.
inline constexpr int no_match = -3;
inline constexpr int any_peer = -2; ///< there is no list
inline constexpr int domain_match = -1;

struct Match {
    int bits = no_match;
    std::size_t rule = 0; ///< index into rules(); meaningful when bits != no_match

    explicit operator bool() const noexcept { return bits != no_match; }
    bool operator==(const Match&) const = default;
};

/// Immutable. Copying shares the compiled table.
class AddressSet {
public:
    AddressSet() = default; ///< matches nobody
    explicit AddressSet(std::vector<AddressRule> rules);

    /// The longest match. `host_name` is the peer's forward-confirmed name; empty if unknown, and
    /// then host patterns do not match. Among equal rules the first in the list is reported.
    [[nodiscard]] Match longest_match(const Peer& peer, std::string_view host_name) const noexcept;

    /// True if some rule is a host pattern, so that a decision may need the peer's name.
    [[nodiscard]] bool has_host_patterns() const noexcept;
    /// Where in rules() the host patterns are.
    [[nodiscard]] std::span<const std::uint32_t> host_pattern_positions() const noexcept;
    [[nodiscard]] std::span<const AddressRule> rules() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return rules().empty(); }

    bool operator==(const AddressSet& other) const; ///< the same rules in the same order

private:
    struct Table;
    std::shared_ptr<const Table> table_;
};

} // namespace usherd::access
