// SPDX-License-Identifier: BSD-2-Clause
//
// One descriptor kept back for the time when there are no others: given up, it lets the daemon take
// one more connection and hand it to a handler, so that clients go on being served one by one.

#pragma once

#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class DescriptorReserve {
public:
    DescriptorReserve() noexcept { refill(); }

    /// Frees the descriptor. @return false if it has not come back since the last time.
    [[nodiscard]] bool lend() noexcept;
    /// Takes a descriptor again, if there is one.
    void refill() noexcept;

private:
    sys::UniqueFd held_;
};

} // namespace usherd::daemon
