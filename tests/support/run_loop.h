// SPDX-License-Identifier: BSD-2-Clause
//
// Runs a loop until something is so, or until a deadline that only a broken test reaches.

#pragma once

#include <chrono>
#include <functional>

#include "daemon/sys/event_loop.h"

namespace usherd::tests {

/// @return true once `condition` has been true; it is not asked again then.
inline bool run_until(sys::EventLoop& loop, const std::function<bool()>& condition,
                      std::chrono::milliseconds patience = std::chrono::seconds(10))
{
    struct Poller {
        void look() noexcept
        {
            is_met = condition();
            if (is_met || std::chrono::steady_clock::now() >= deadline)
                loop.stop();
            else
                timer.start(std::chrono::milliseconds(1));
        }

        sys::EventLoop& loop;
        const std::function<bool()>& condition;
        std::chrono::steady_clock::time_point deadline;
        bool is_met = false;
        sys::Timer timer{loop, sys::bind<&Poller::look>(*this)};
    };
    Poller poller{loop, condition, std::chrono::steady_clock::now() + patience};
    poller.timer.start(std::chrono::microseconds(0));
    return loop.run() && poller.is_met;
}

/// One turn: what is due, and what it defers.
inline void run_turn(sys::EventLoop& loop)
{
    int turns = 0;
    run_until(loop, [&turns] { return ++turns > 1; });
}

} // namespace usherd::tests
