// SPDX-License-Identifier: BSD-2-Clause
//
// only_from, no_access and bans for stream services with wait = yes, whose servers accept for
// themselves: compiled to a program for the listening socket (classic BPF), which the kernel runs
// over every segment that reaches the socket, the SYN first. A refused client never gets a
// connection, and nobody hears of it. Pure; endpoint_socket.cc attaches the program.
// @see socket(7), SO_ATTACH_FILTER; linux/Documentation/networking/filter.rst

#pragma once

#include <cstddef>
#include <linux/filter.h>
#include <optional>
#include <string>
#include <vector>

#include "access-control/policy.h"
#include "config-parser/service_spec.h"
#include "daemon/core/ban_list.h"

namespace usherd::core {

using FilterProgram = std::vector<::sock_filter>;

/// The kernel takes no longer programs (BPF_MAXINSNS).
inline constexpr std::size_t max_filter_instructions = 4096;

/// True if the service is one whose clients only a filter can turn away, and has a socket that
/// takes one.
[[nodiscard]] bool takes_address_filter(const config::ServiceSpec& spec);
/// True if it also has address lists.
[[nodiscard]] bool needs_address_filter(const config::ServiceSpec& spec);

/// True if both have the same lists, read in the same way.
[[nodiscard]] bool same_address_rules(const config::ServiceSpec& left,
                                      const config::ServiceSpec& right);

/// Why the lists of a service that needs a filter cannot be put into one; nothing if they can.
[[nodiscard]] std::optional<std::string> why_not_filtered(const config::ServiceSpec& spec);

/// Lets pass whom access::decide_address allows. Segments with an IPv4 header and the family of an
/// IPv6 socket are those of a mapped peer.
/// REQUIRES: no host patterns in the lists.
/// @param bans who is turned away whatever the lists say; nullptr: nobody.
/// @return nothing if the program would be longer than max_filter_instructions.
[[nodiscard]] std::optional<FilterProgram> compile_address_filter(const access::Policy& policy,
                                                                  access::Family socket_family,
                                                                  const BanList* bans = nullptr,
                                                                  BanList::SteadyTime now = {});

/// Lets nobody pass.
[[nodiscard]] FilterProgram refuse_everybody();

} // namespace usherd::core
