// SPDX-License-Identifier: BSD-2-Clause
//
// One thread for work that may block (reading configuration, name services). A job goes in, its
// result comes back through the loop; nothing else is shared.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class BlockingWorker {
public:
    /// Runs in the thread; returns what is to run in the loop afterwards.
    using Continuation = std::function<void()>;
    using Job = std::function<Continuation()>;
    /// Told once of each spell in which jobs wait because no thread can be made, and why.
    using Delayed = std::function<void(const std::string& why)>;

    /// The thread starts with start() or the first job, and blocks all signals. Where the system
    /// has no thread to give, jobs wait until it has: that is tried again every second.
    explicit BlockingWorker(sys::EventLoop& loop, Delayed delayed = {});
    /// Waits for the job that is running; jobs not begun and continuations not run are dropped.
    ~BlockingWorker();
    BlockingWorker(const BlockingWorker&) = delete;
    BlockingWorker& operator=(const BlockingWorker&) = delete;

    /// Has a thread ready for the first job.
    void start() noexcept;
    void submit(Job job);

private:
    void work() noexcept;
    void on_done() noexcept;
    void start_thread() noexcept;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;           // guarded by mutex_
    std::vector<Continuation> done_; // guarded by mutex_
    bool stopping_ = false;          // guarded by mutex_
    sys::UniqueFd done_event_;
    sys::Watch done_watch_; // after done_event_: dies before it
    Delayed delayed_;
    bool is_delayed_ = false;
    sys::Timer again_;
    std::thread thread_;
};

} // namespace usherd::daemon
