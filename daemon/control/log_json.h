// SPDX-License-Identifier: BSD-2-Clause
//
// Log lines for machines: one JSON object each. Text that is no UTF-8 is replaced, never refused.

#pragma once

#include <string>
#include <string_view>

namespace usherd::control {

/// A message of the daemon: time, level, pid, message.
/// @param iso_time 2026-01-05T08:03:07Z
/// @param level `NOTICE`; written in small letters
[[nodiscard]] std::string json_message(std::string_view iso_time, std::string_view level, int pid,
                                       std::string_view text);

/// A service record: time, type, service, its fields (`reason` of FAIL, `from`, `pid` …) and the
/// record as it is.
[[nodiscard]] std::string json_record(std::string_view iso_time, std::string_view record);

} // namespace usherd::control
