// SPDX-License-Identifier: BSD-2-Clause
//
// How late the event loop is: asks it for a call every few seconds and looks at the clock.

#pragma once

#include <chrono>

#include "daemon/core/histogram.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class LoopLag {
public:
    using Lags = core::Histogram<core::LagBounds>;

    explicit LoopLag(sys::EventLoop& loop);
    void start() noexcept;
    [[nodiscard]] const Lags& lags() const noexcept { return lags_; }

private:
    void on_tick() noexcept;

    Lags lags_;
    std::chrono::steady_clock::time_point due_;
    sys::Timer tick_;
};

} // namespace usherd::daemon
