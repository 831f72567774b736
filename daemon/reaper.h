// SPDX-License-Identifier: BSD-2-Clause
//
// The only caller of waitpid: SIGCHLD arrives as an event, and whatever has exited is passed on.
// Takes every child there is, also those it has inherited as process 1.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class ExitReceiver {
public:
    virtual ~ExitReceiver() = default;
    /// In the loop's thread. @param wait_status as from waitpid(2).
    virtual void on_child_exited(pid_t pid, int wait_status, const rusage& usage) noexcept = 0;
};

class Reaper {
public:
    /// @param receiver outlives the reaper.
    Reaper(sys::EventLoop& loop, ExitReceiver& receiver);

private:
    void reap() noexcept;

    ExitReceiver& receiver_;
    sys::Deferred again_; ///< a turn takes a bounded number of children
    sys::SignalWatch child_exited_;
};

} // namespace usherd::daemon
