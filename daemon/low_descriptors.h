// SPDX-License-Identifier: BSD-2-Clause
//
// The lowest descriptor numbers, kept free from the daemon's first moments for its spawn workers: a
// child copies the descriptor table up to theirs, and where nobody else's lie in between it has
// nothing left to close.

#pragma once

#include <vector>

#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class LowDescriptors {
public:
    LowDescriptors() = default;
    /// Takes the `count` lowest numbers that are free; fewer where the system has no more.
    explicit LowDescriptors(unsigned count);

    /// Frees them all. Whoever opens descriptors next gets them.
    void release() noexcept { held_.clear(); }

private:
    std::vector<sys::UniqueFd> held_;
};

} // namespace usherd::daemon
