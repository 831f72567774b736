// SPDX-License-Identifier: BSD-2-Clause
//
// What it takes to judge a client by the rules of tcp_wrappers: nothing, his address, or a process
// that may look names up, run commands and write to him. Pure: the text of a file is the argument.
// Does not judge: libwrap does.

#pragma once

#include <cstdint>
#include <string_view>

namespace usherd::core {

/// In rising order: of two files the greater counts.
enum class WrapperNeed : std::uint8_t {
    nothing, ///< there is no rule
    address, ///< rules by address alone, without options: a judgement is quick and has no effects
    process, ///< names, users, files, commands, options, or what this does not know for certain
};

/// @param text of /etc/hosts.allow or /etc/hosts.deny
/// @see hosts_access(5), hosts_options(5)
[[nodiscard]] WrapperNeed wrapper_need(std::string_view text);

} // namespace usherd::core
