// SPDX-License-Identifier: BSD-2-Clause
//
// Addresses as words: numeric forms as the C library reads them, the entries of only_from and
// no_access, and the endpoints of `listen`. Names are asked of NameLookup; nothing is resolved
// that could not be a host name.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "access-control/ip_address.h"
#include "config-parser/name_lookup.h"
#include "config-parser/raw_model.h"
#include "config-parser/service_draft.h"
#include "config-parser/value_report.h"

namespace usherd::config {

/// The forms of inet_aton(3): one to four numbers, decimal, octal or hexadecimal, the last one
/// filling the rest: `10.1` is 10.0.0.1.
[[nodiscard]] std::optional<access::IpAddress> parse_numeric_ipv4(std::string_view text) noexcept;
/// 16 bytes, an IPv4-mapped address as it stands. A scope (`fe80::1%eth0`) is dropped where the
/// address is link-local; elsewhere it makes the text no address.
[[nodiscard]] std::optional<access::IpAddress::Bytes16>
parse_numeric_ipv6(std::string_view text) noexcept;
/// Letters, digits, `-`, `_` and `.`, the last label not a number.
[[nodiscard]] bool could_be_host_name(std::string_view text) noexcept;

/// What became of one word of an address list.
enum class AddressWord : std::uint8_t {
    accepted,       ///< rules were added
    not_understood, ///< no reader knows the form; xinetd ignores such a word
    bad,            ///< half of a known form; xinetd disables the service
};

/// Reads one word of only_from or no_access and appends its rules to `rules`. Forms are tried in
/// xinetd's order: numeric, host or domain, address/length, factorised, network name.
/// Whatever is not accepted has been reported, except for its effect when not_understood:
/// `unknown_effect` says whether such a word is left out or takes the service down.
enum class UnknownAddress : std::uint8_t { is_ignored, is_fatal };
[[nodiscard]] AddressWord parse_address_rule(const Word& word, UnknownAddress unknown,
                                             NameLookup& names, const ValueReport& report,
                                             std::vector<PlacedRule>& rules);

/// The addresses of a `bind` value: numeric IPv4 as the C library reads it (`127.1`, `0x7f.1`), a
/// colon means numeric IPv6, anything else but digits and dots is looked up. Empty if there are
/// none.
[[nodiscard]] std::vector<access::IpAddress> resolve_address(const std::string& text,
                                                             NameLookup& names);

/// `ADDRESS:PORT`, `*:PORT`, `[ADDRESS6]:PORT`, `PORT`, `unix:/path`, `unix:@name`. A bare PORT
/// has no address and family IPv6, which validate.h replaces by the family of the flags.
/// @return none, having reported it, if the word is no endpoint.
[[nodiscard]] std::optional<Endpoint> parse_listen(const Word& word, const ValueReport& report);

} // namespace usherd::config
