// SPDX-License-Identifier: BSD-2-Clause
//
// Address rules and bans on the listening sockets of stream services with wait = yes: puts the
// program of core/address_filter.h on a socket. Whoever holds a copy of the socket is bound by it.
// Services that need no filter are left alone, and so are UNIX sockets.

#pragma once

#include "config-parser/service_spec.h"
#include "daemon/core/ban_list.h"
#include "daemon/sys/result.h"

namespace usherd::daemon {

/// REQUIRES: nobody can connect yet. On an error the socket refuses everybody.
[[nodiscard]] sys::Result<void> enforce_address_rules(int fd, const config::Endpoint& endpoint,
                                                      const config::ServiceSpec& spec);

/// The same on a socket that has been listening: whoever got in before the rules is closed, the
/// innocent too, for a connection cannot be put back. REQUIRES: `fd` is ours alone.
[[nodiscard]] sys::Result<void> enforce_address_rules_late(int fd, const config::Endpoint& endpoint,
                                                           const config::ServiceSpec& spec);

/// At a reload, on a socket that a server may hold: the rules of `now` in place of those of
/// `before`. Connections that were made under the old rules stay. On an error the socket refuses
/// everybody.
[[nodiscard]] sys::Result<void> renew_address_rules(int fd, const config::Endpoint& endpoint,
                                                    const config::ServiceSpec& before,
                                                    const config::ServiceSpec& now);

/// Whenever the bans have changed, or a socket is new and there are some: the lists and the bans in
/// place of what is there; nothing, if there is neither. With more bans than a filter has room for
/// the lists alone hold, and the error is E2BIG.
[[nodiscard]] sys::Result<void> enforce_bans(int fd, const config::Endpoint& endpoint,
                                             const config::ServiceSpec& spec,
                                             const core::BanList& bans);

} // namespace usherd::daemon
