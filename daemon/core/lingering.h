// SPDX-License-Identifier: BSD-2-Clause
//
// Whether the loop stays awake for a moment when the last handler has exited. Who connects, reads
// to the end and connects again is back after some ten microseconds, and to fall asleep and be
// woken by another processor takes longer than that. So where a handler has come and gone quickly
// the loop looks for the next connection so long; it gives way meanwhile. Pure.

#pragma once

#include <chrono>

namespace usherd::core {

class Lingering {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    /// A handler that has run longer is not followed so soon.
    static constexpr std::chrono::milliseconds quick{1};
    /// What the daemon works at most in vain for a handler, by trial (tests/bench/README.md).
    static constexpr std::chrono::microseconds longest{15};

    /// The last handler has exited, and nobody waits for one.
    /// @param began when it was started
    void alone(SteadyTime began, SteadyTime now) noexcept
    {
        if (now - began < quick)
            until_ = now + longest;
    }
    /// Somebody has come.
    void stop() noexcept { until_ = {}; }
    [[nodiscard]] bool goes_on(SteadyTime now) const noexcept { return now < until_; }

private:
    SteadyTime until_{};
};

} // namespace usherd::core
