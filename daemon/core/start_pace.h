// SPDX-License-Identifier: BSD-2-Clause
//
// How many handlers are started one right after the other. Linux runs newcomers before those that
// have had more than their share of a processor (sched(7), EEVDF): where more young processes want
// to run than there are processors, the oldest of them waits for all that come after it, and its
// client ten times longer than the others. So starts go in batches: when there are enough young
// ones, the next starts wait in a row until most of these have exited. Pure.

#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace usherd::core {

class StartPace {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    /// What is older than this is waited for no longer: it waits for its client or for a disk, or
    /// has much to do.
    static constexpr std::chrono::milliseconds youth{12};

    /// @param many so many young ones are enough, at least 1
    /// @param few when so few are left, there may be more; less than `many`
    StartPace(std::size_t many, std::size_t few);

    void began(int pid, SteadyTime now);
    /// @param pid anybody's
    void exited(int pid) noexcept;
    /// Nobody has begun, or all have exited or were too old when is_enough() was asked last.
    [[nodiscard]] bool has_no_young() const noexcept { return young_.empty(); }
    /// True if there are enough young ones: another is better started later.
    [[nodiscard]] bool is_enough(SteadyTime now) noexcept;

private:
    struct Begun {
        int pid = 0;
        SteadyTime at;
    };
    std::size_t many_;
    std::size_t few_;
    bool is_enough_ = false;
    std::vector<Begun> young_; ///< the last that have begun and not exited, oldest first
};

} // namespace usherd::core
