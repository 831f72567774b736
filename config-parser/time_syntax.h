// SPDX-License-Identifier: BSD-2-Clause
//
// `access_times` intervals, and the durations of attributes that xinetd never had.

#pragma once

#include <chrono>
#include <optional>

#include "access-control/time_window.h"
#include "config-parser/raw_model.h"
#include "config-parser/value_report.h"

namespace usherd::config {

/// `H:M-H:M`, numbers decimal and of any length (none at all is 0), start before end.
/// @return none, having reported it, for anything else.
[[nodiscard]] std::optional<access::TimeWindow> parse_time_window(const Word& word,
                                                                  const ValueReport& report);

/// `90`, `90s`, `5m`, `2h`, `1d`: at most 100 years. @return none, having reported it.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(const Word& word,
                                                                 const ValueReport& report);

} // namespace usherd::config
