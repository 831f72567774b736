// SPDX-License-Identifier: BSD-2-Clause
//
// Which signal means what to the daemon; each is delivered through the loop.
//
//   HUP USR2   reload                    USR1   state dump
//   TERM       stop in order             QUIT   stop at once
//   ABRT       consistency check         INT    stop (--foreground, -d); ignored otherwise
//   ALRM IO URG VTALRM PROF WINCH ...    caught, no effect
//   PIPE CONT TSTP TTIN TTOU             ignored
//
// CHLD belongs to the Reaper. @see usherd(8), SIGNALS

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

struct SignalActions {
    std::function<void()> reload;
    std::function<void()> dump;
    std::function<void()> stop;
    std::function<void()> quit;
    std::function<void()> check;
    std::function<void()> interrupt; ///< empty: INT has no effect
};

class Signals {
public:
    Signals(sys::EventLoop& loop, SignalActions actions);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

private:
    struct Handler;
    void add(int signal, std::function<void()> action);

    sys::EventLoop& loop_;
    std::vector<std::unique_ptr<Handler>> handlers_;
};

/// The handler of those that are caught without effect; harmless wherever it runs.
void have_no_effect(int signal) noexcept;

/// Before anything else: signals that xinetd ignores, and those it catches without effect.
void ignore_harmless_signals() noexcept;

} // namespace usherd::daemon
