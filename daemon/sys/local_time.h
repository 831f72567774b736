// SPDX-License-Identifier: BSD-2-Clause
//
// The local time of this machine: what access_times mean, and what people write on a command line.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace usherd::sys {

/// A moment, and how the clock on the wall stands then.
struct LocalMoment {
    std::chrono::system_clock::time_point when;
    std::uint16_t minute = 0; ///< of the day, 0 to 1439
};

[[nodiscard]] LocalMoment local_moment(std::chrono::system_clock::time_point when) noexcept;

/// `2027-02-14 03:10`, `2027-02-14T03:10`, or `03:10` of the day that `now` lies in. Where the
/// clock is set forward, `minute` is as written though there is no such time.
[[nodiscard]] std::optional<LocalMoment>
parse_local_moment(const std::string& text, std::chrono::system_clock::time_point now) noexcept;

} // namespace usherd::sys
