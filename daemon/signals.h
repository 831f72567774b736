// SPDX-License-Identifier: BSD-2-Clause
//
// Which signal means what to the daemon; each is delivered through the loop.
//
//   HUP USR2   reload                    USR1   state dump
//   TERM       stop in order             QUIT   stop at once
//   ABRT       consistency check         INT    stop (--foreground, -d); ignored otherwise
//   ALRM IO URG VTALRM PROF WINCH ...    no effect
//   PIPE CONT TSTP TTIN TTOU             no effect
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
    /// Whether the other signals of the same turn of the loop are obeyed before.
    enum class When : bool { now, last };
    void add(int signal, std::function<void()> action, When when = When::now);

    sys::EventLoop& loop_;
    std::vector<std::unique_ptr<Handler>> handlers_;
};

/// Before anything else, and before threads: signals that xinetd ignores, and those it catches
/// without effect. Blocked, none of them does anything: to a blocked reader or writer the terminal
/// gives an error or lets it pass as if the signal were ignored (termios(3)). Ignored or caught,
/// each would have to be reset in every child.
void block_harmless_signals() noexcept;

} // namespace usherd::daemon
