// SPDX-License-Identifier: BSD-2-Clause
//
// The address form `10.1.{2,3}`: one entry for each number in the braces.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usherd::config {

struct FactorisedAddress {
    /// IPv4 addresses in host byte order, missing trailing octets zero.
    std::vector<std::uint32_t> addresses;
    /// Not empty: the word is meant to be of this form and has this mistake.
    std::string mistake;
};

/// @return none if `text` does not look like this form at all. Without braces only the mistake of
/// consecutive dots is found here, as with xinetd.
[[nodiscard]] std::optional<FactorisedAddress> parse_factorised(std::string_view text);

} // namespace usherd::config
