// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/descriptor_reserve.h"

#include <fcntl.h>

namespace usherd::daemon {

bool DescriptorReserve::lend() noexcept
{
    refill();
    const bool is_held = static_cast<bool>(held_);
    held_.reset();
    return is_held;
}

void DescriptorReserve::refill() noexcept
{
    if (!held_)
        held_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

} // namespace usherd::daemon
