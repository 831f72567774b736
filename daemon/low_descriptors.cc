// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/low_descriptors.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

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

void make_room_for_descriptors(std::size_t count) noexcept
{
    rlimit files{};
    if (count == 0 || ::getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    const auto last = static_cast<int>(std::min<rlim_t>(count, files.rlim_cur)) - 1;
    const int high = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, last);
    if (high >= 0)
        ::close(high);
}

} // namespace usherd::daemon
