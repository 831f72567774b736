// SPDX-License-Identifier: BSD-2-Clause
//
// only_from and no_access of stream services with wait = yes, whose servers accept for themselves:
// compiled to a program for the listening socket (classic BPF), which the kernel runs over every
// segment that reaches the socket, the SYN first. A refused client never gets a connection, and
// nobody hears of it. Pure; endpoint_socket.cc attaches the program.
// @see socket(7), SO_ATTACH_FILTER; linux/Documentation/networking/filter.rst

#pragma once

#include <cstddef>
#include <linux/filter.h>
#include <optional>
#include <string>
#include <vector>

#include "access-control/policy.h"
#include "config-parser/service_spec.h"

namespace usherd::core {

using FilterProgram = std::vector<::sock_filter>;

/// The kernel takes no longer programs (BPF_MAXINSNS).
inline constexpr std::size_t max_filter_instructions = 4096;

/// True if the service has address lists that only a filter can apply.
[[nodiscard]] bool needs_address_filter(const config::ServiceSpec& spec);

/// True if both have the same lists, read in the same way.
[[nodiscard]] bool same_address_rules(const config::ServiceSpec& left,
                                      const config::ServiceSpec& right);

/// Why the lists of a service that needs a filter cannot be put into one; nothing if they can.
[[nodiscard]] std::optional<std::string> why_not_filtered(const config::ServiceSpec& spec);

/// Lets pass whom access::decide_address allows. Segments with an IPv4 header and the family of an
/// IPv6 socket are those of a mapped peer.
/// REQUIRES: no host patterns in the lists.
/// @return nothing if the program would be longer than max_filter_instructions.
[[nodiscard]] std::optional<FilterProgram> compile_address_filter(const access::Policy& policy,
                                                                  access::Family socket_family);

/// Lets nobody pass.
[[nodiscard]] FilterProgram refuse_everybody();

} // namespace usherd::core
