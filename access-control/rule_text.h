// SPDX-License-Identifier: BSD-2-Clause
//
// Rules of an address list as text, for status, `explain` and linters.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access-control/address_set.h"

namespace usherd::access {

/// `192.0.2.0/24`, `2001:db8::/32`; without the length where it is that of one address.
[[nodiscard]] std::string to_string(const Prefix& prefix);
/// A prefix, or a host pattern as written.
[[nodiscard]] std::string to_string(const AddressRule& rule);

/// `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`: strict forms only, host bits are cleared.
[[nodiscard]] std::optional<Prefix> parse_prefix(std::string_view text);

} // namespace usherd::access
