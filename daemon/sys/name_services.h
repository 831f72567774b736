// SPDX-License-Identifier: BSD-2-Clause
//
// Where names of hosts come from, as the administrator has it: the line `hosts:` of nsswitch.conf.

#pragma once

#include <string_view>

namespace usherd::sys {

/// True if the DNS is to be asked about hosts: `dns` or `resolve` stands in the line `hosts:`, or
/// there is no such line. What other sources know beside the hosts file is not looked at.
/// @param nsswitch the text of nsswitch.conf(5); empty if there is no such file
[[nodiscard]] bool asks_dns(std::string_view nsswitch) noexcept;

} // namespace usherd::sys
