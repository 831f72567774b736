// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/loop_lag.h"

namespace usherd::daemon {

namespace {

constexpr std::chrono::seconds interval{5};

} // namespace

LoopLag::LoopLag(sys::EventLoop& loop) : tick_(loop, sys::bind<&LoopLag::on_tick>(*this)) {}

void LoopLag::start() noexcept
{
    due_ = std::chrono::steady_clock::now() + interval;
    tick_.start(interval);
}

void LoopLag::on_tick() noexcept
{
    lags_.add(std::chrono::steady_clock::now() - due_);
    start();
}

} // namespace usherd::daemon
