// SPDX-License-Identifier: BSD-2-Clause
//
// `ADDRESS` and `ADDRESS/LENGTH` on the command line.

#pragma once

#include <optional>
#include <string_view>

#include "access-control/ip_address.h"

namespace usherd::ctl {

struct Block {
    access::IpAddress address; ///< bits behind the length are clear
    unsigned length = 0;       ///< 0 to 32 or 0 to 128
};

[[nodiscard]] std::optional<Block> parse_block(std::string_view text) noexcept;
/// @param address as logs and the daemon's answers have it.
[[nodiscard]] bool holds(const Block& block, std::string_view address) noexcept;

} // namespace usherd::ctl
