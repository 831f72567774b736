// SPDX-License-Identifier: BSD-2-Clause
//
// An EventLoop for tests: it never runs longer than a deadline, and callbacks are lambdas.

#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "daemon/sys/event_loop.h"
#include "tests/support/catch.h"

namespace usherd::sys {

/// A callback that may capture. Must outlive what it is given to.
class Hook {
public:
    explicit Hook(std::function<void()> action) : action_(std::move(action)) {}
    ~Hook() = default;
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

    operator Callback() noexcept { return bind<&Hook::call>(*this); }
    void call() noexcept
    {
        ++calls;
        action_();
    }

    int calls = 0;

private:
    std::function<void()> action_;
};

class GuardedLoop {
public:
    EventLoop loop;

    /// Runs until somebody calls loop.stop(); fails the test if nobody does.
    void run(std::chrono::milliseconds at_most = std::chrono::seconds(20))
    {
        bool overdue = false;
        Hook give_up([&] {
            overdue = true;
            loop.stop();
        });
        Timer guard(loop, give_up);
        guard.start(at_most);
        REQUIRE(loop.run());
        REQUIRE_FALSE(overdue);
    }

    /// Runs for a while, for what must not happen.
    void run_for(std::chrono::milliseconds time)
    {
        Hook enough([&] { loop.stop(); });
        Timer timer(loop, enough);
        timer.start(time);
        REQUIRE(loop.run());
    }
};

} // namespace usherd::sys
