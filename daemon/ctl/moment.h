// SPDX-License-Identifier: BSD-2-Clause
//
// A moment of local time as a word of the command line.

#pragma once

#include <optional>
#include <string>

#include "access-control/time_window.h"
#include "daemon/control/status.h"

namespace usherd::ctl {

struct Moment {
    control::Time time;
    access::LocalMinute minute;
};

/// `2027-02-14 03:10`, `2027-02-14T03:10`, or `03:10` of today; empty: now.
[[nodiscard]] std::optional<Moment> parse_moment(const std::string& text);

} // namespace usherd::ctl
