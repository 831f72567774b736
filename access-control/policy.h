// SPDX-License-Identifier: BSD-2-Clause
//
// The rules of one service, parsed: a plain struct that config-parser fills in and decision.cc
// applies.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "access-control/address_set.h"
#include "access-control/cps_gate.h"
#include "access-control/time_window.h"

namespace usherd::access {

/// A count that may be UNLIMITED.
inline constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

/// What decides when both lists match: `deny_first` is what xinetd does, `closest` what its manual
/// says (the longer match; refuse on a tie).
enum class AccessMatch : std::uint8_t { deny_first, closest };

struct Policy {
    std::optional<AddressSet> only_from; ///< absent: everybody; present and empty: nobody
    std::optional<AddressSet> no_access;
    AccessMatch access_match = AccessMatch::deny_first;
    std::optional<std::vector<TimeWindow>> access_times; ///< absent: always
    CpsLimit cps;
    std::uint32_t instances = unlimited;  ///< 0 refuses everybody
    std::uint32_t per_source = unlimited; ///< 0 refuses everybody
    std::optional<double> max_load;       ///< one-minute load average

    bool operator==(const Policy&) const = default;
};

} // namespace usherd::access
