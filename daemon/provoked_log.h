// SPDX-License-Identifier: BSD-2-Clause
//
// Daemon messages that a peer can provoke: at most one a second for each service and kind, with a
// summary of the rest. The rule is core/line_budget.h; this adds the clock, the timer and the log.

#pragma once

#include <string_view>

#include "daemon/core/line_budget.h"
#include "daemon/log.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class ProvokedLog {
public:
    /// Both outlive it.
    ProvokedLog(sys::EventLoop& loop, Log& log);

    /// @param kind a literal that names the kind of message: "accept", "refused-load"
    /// @param pid of the handler whose message it is; 0: the daemon's own
    void write(Level level, std::string_view service, std::string_view kind, std::string_view text,
               int pid = 0) noexcept;

private:
    void write_summaries() noexcept;
    void arm() noexcept;

    Log& log_;
    core::LineBudget budget_;
    sys::Timer due_;
};

} // namespace usherd::daemon
