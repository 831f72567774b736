// SPDX-License-Identifier: BSD-2-Clause
//
// What handlers with `stderr = log` write to fd 2: a pipe for each, read line by line into the
// daemon's log. Bounded: a line's length, lines per second and handler (the rest is counted), bytes
// per turn; a handler that writes faster waits on its pipe.

#pragma once

#include <list>
#include <memory>
#include <string>

#include "daemon/log.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class StderrLines {
public:
    /// Both outlive it.
    StderrLines(sys::EventLoop& loop, Log& log);
    ~StderrLines();
    StderrLines(const StderrLines&) = delete;
    StderrLines& operator=(const StderrLines&) = delete;

    /// @param service id that the lines are logged under.
    /// @return the end for the handler; lines are read until all its copies are closed.
    [[nodiscard]] sys::Result<sys::UniqueFd> add(const std::string& service);
    [[nodiscard]] std::size_t size() const noexcept { return pipes_.size(); }

private:
    class Pipe;
    void clear_finished() noexcept;

    sys::EventLoop& loop_;
    Log& log_;
    std::list<std::unique_ptr<Pipe>> pipes_;
    // After pipes_: it refers to them when it runs.
    sys::Deferred clear_;
};

} // namespace usherd::daemon
