// SPDX-License-Identifier: BSD-2-Clause
//
// Whether processes wait for a processor on this machine at this moment (proc(5), /proc/loadavg).

#pragma once

#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class ProcessorQueue {
public:
    ProcessorQueue() noexcept;

    /// How many processors this process may use, at least 1.
    [[nodiscard]] unsigned count() const noexcept { return count_; }
    /// True if more than `count()` processes want to run beside this one. Where /proc cannot be
    /// read: true. A few microseconds.
    [[nodiscard]] bool are_busy() const noexcept;

private:
    sys::UniqueFd load_;
    unsigned count_;
};

} // namespace usherd::daemon
