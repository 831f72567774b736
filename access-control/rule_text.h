// SPDX-License-Identifier: BSD-2-Clause
//
// Rules of an address list as text, for status, `explain` and linters.

#pragma once

#include <string>

#include "access-control/address_set.h"

namespace usherd::access {

/// `192.0.2.0/24`, `2001:db8::/32`; without the length where it is that of one address.
[[nodiscard]] std::string to_string(const Prefix& prefix);
/// A prefix, or a host pattern as written.
[[nodiscard]] std::string to_string(const AddressRule& rule);

} // namespace usherd::access
