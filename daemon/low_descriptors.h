// SPDX-License-Identifier: BSD-2-Clause
//
// The lowest descriptor numbers, kept free from the daemon's first moments for its spawn workers: a
// child copies the descriptor table up to theirs, and where nobody else's lie in between it has
// nothing left to close.

#pragma once

#include <cstddef>
#include <vector>

#include "config-parser/load.h"
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

/// One for each socket that listens, and some for clients, handlers and the daemon itself.
[[nodiscard]] std::size_t descriptors_for(const config::LoadResult& loaded);

/// Has the kernel's table of this process hold `count` descriptors, or as many as the limit allows.
/// Where threads share it, each doubling waits until every processor has seen the old one go, 5 to
/// 15 ms: so to be called before there is a second one. If it fails, the table grows later.
void make_room_for_descriptors(std::size_t count) noexcept;

} // namespace usherd::daemon
