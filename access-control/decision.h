// SPDX-License-Identifier: BSD-2-Clause
//
// May this client come in? Facts in, Decision out. decision.cc is the only place that knows the
// order of the checks.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "access-control/ip_address.h"
#include "access-control/policy.h"

namespace usherd::access {

/// Every reason for which a client is refused; the same in log, status, metrics and `explain`.
enum class Reason : std::uint8_t {
    allowed,
    rate,             ///< cps
    load,             ///< max_load
    time,             ///< access_times
    service_limit,    ///< instances
    per_source_limit, ///< per_source
    process_limit,    ///< -limit
    address,          ///< only_from, no_access
    libwrap,          ///< tcp_wrappers
    fork,             ///< no process could be made
    ban,              ///< banned by hand
    identity,         ///< IDONLY, and the client's ident server names no user
};
inline constexpr int reason_count = 12;

/// What xinetd.log(5) writes after `FAIL: ID `: `connections per second` for rate, otherwise the
/// enumerator's name. @see reference of xinetd's log lines, FAIL
[[nodiscard]] std::string_view log_token(Reason reason) noexcept;
/// One word for status, metrics and `explain`: the enumerator's name.
[[nodiscard]] std::string_view name(Reason reason) noexcept;

/// What is known about one arrival.
struct Facts {
    bool banned = false;      ///< the source is
    bool within_rate = true;  ///< CpsGate::admit of this arrival
    double load_average = -1; ///< one minute; -1 if it cannot be read; only asked for with max_load
    LocalMinute local_minute;
    std::uint32_t running = 0;             ///< servers of this service
    std::uint32_t running_from_source = 0; ///< of these, from this peer's address
    std::uint32_t running_total = 0;       ///< servers of all services
    std::uint32_t process_limit = 0;       ///< -limit; 0: none
    bool denied_by_sensor = false;         ///< the service is a sensor, or the peer touched one
    std::optional<Peer> peer;              ///< absent on stream-wait services and UNIX sockets
    std::string_view host_name;            ///< forward-confirmed; empty: unknown
};

/// The rule that decided about an address, for logs and `explain`.
struct AddressVerdict {
    Reason reason = Reason::allowed;
    Match only_from; ///< the longest match of each list
    Match no_access;
    /// Both lists match and no_access wins although only_from is not the shorter match, or with
    /// deny_first whatever the lengths: what xinetd logs at ERROR, "match equally".
    bool both_match = false;
};

struct Decision {
    Reason reason = Reason::allowed;
    bool both_lists_match = false;

    bool operator==(const Decision&) const = default;
};

/// A ban first; then the checks in xinetd's order: rate, load, time, service_limit,
/// per_source_limit, process_limit, sensor, address. Without a peer, per_source and the address
/// lists are not applied.
/// @see xinetd.conf(5), only_from: "closest match" is what the manual says, not what xinetd does
[[nodiscard]] Decision decide(const Policy& policy, const Facts& facts) noexcept;

/// The checks that can be made before the peer's name is known: all but the address lists.
[[nodiscard]] Reason decide_limits(const Policy& policy, const Facts& facts) noexcept;

[[nodiscard]] AddressVerdict decide_address(const Policy& policy, const Peer& peer,
                                            std::string_view host_name) noexcept;

/// True exactly if the outcome of decide_address (allowed or refused) can depend on the peer's host
/// name: there is a name with which it differs from the outcome without one.
[[nodiscard]] bool needs_host_name(const Policy& policy, const Peer& peer) noexcept;

} // namespace usherd::access
