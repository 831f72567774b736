// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/low_descriptors.h"

#include <fcntl.h>

namespace usherd::daemon {

LowDescriptors::LowDescriptors(unsigned count)
{
    held_.reserve(count);
    while (held_.size() < count) {
        sys::UniqueFd descriptor(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!descriptor)
            return;
        held_.push_back(std::move(descriptor));
    }
}

} // namespace usherd::daemon
