// SPDX-License-Identifier: BSD-2-Clause
//
// `cps`: xinetd's count of connections per second. Pure: seconds come in as an argument.

#pragma once

#include <chrono>
#include <cstdint>

namespace usherd::access {

/// @see xinetd.conf(5), cps
struct CpsLimit {
    std::uint32_t rate = 50;           ///< connections per second; 0: no limit
    std::chrono::seconds hold_off{10}; ///< how long the service pauses after a trip

    bool operator==(const CpsLimit&) const = default;
};

/// Counts arrivals by xinetd's arithmetic: the averaging window is as many seconds as the rate,
/// and the first two calendar seconds share one allowance.
class CpsGate {
public:
    /// Whole seconds of the wall clock (xinetd's time()); it may step backwards.
    using Second = std::int64_t;

    /// Counts one arrival. @return false if it exceeds the limit (the service trips).
    [[nodiscard]] bool admit(const CpsLimit& limit, Second now) noexcept;
    /// What `admit` would return, without counting.
    [[nodiscard]] bool would_admit(const CpsLimit& limit, Second now) const noexcept;
    /// Forgets what was counted: a service that comes back after its hold-off starts afresh.
    void reset() noexcept { count_ = 0; }

private:
    /// What is known after one more arrival at `now`.
    [[nodiscard]] CpsGate after_arrival(const CpsLimit& limit, Second now) const noexcept;
    [[nodiscard]] bool exceeds(const CpsLimit& limit, Second now) const noexcept;

    std::uint64_t count_ = 0;
    Second window_start_ = 0;
};

} // namespace usherd::access
