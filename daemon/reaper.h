// SPDX-License-Identifier: BSD-2-Clause
//
// The only caller of waitpid: SIGCHLD makes a signalfd readable, and whatever has exited is passed
// on. Takes every child there is, also those it has inherited as process 1. A signalfd and no
// handler: a signal a server would interrupt the loop at each exit, for a tenth of its time.

#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class ExitReceiver {
public:
    virtual ~ExitReceiver() = default;
    /// In the loop's thread. @param wait_status as from waitpid(2).
    virtual void on_child_exited(pid_t pid, int wait_status, const rusage& usage) noexcept = 0;
};

class Reaper {
public:
    /// Blocks SIGCHLD in the calling thread for as long as it lives. Other threads are to have it
    /// blocked as well, or an exit is noticed only with the next one.
    /// Throws std::system_error if there is no descriptor.
    /// @param receiver outlives the reaper.
    Reaper(sys::EventLoop& loop, ExitReceiver& receiver);
    ~Reaper() = default;
    Reaper(const Reaper&) = delete;
    Reaper& operator=(const Reaper&) = delete;

private:
    void reap() noexcept;

    ExitReceiver& receiver_;
    sys::SignalWatch child_exited_;
    sys::Deferred again_; ///< a turn takes a bounded number of children
};

} // namespace usherd::daemon
