// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/low_descriptors.h"

#include <algorithm>
#include <fcntl.h>
#include <numeric>
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

std::size_t descriptors_for(const config::LoadResult& loaded)
{
    constexpr std::size_t others = 1024;
    return std::accumulate(loaded.services.begin(), loaded.services.end(), others,
                           [](std::size_t sum, const config::SpecPointer& spec) {
                               return sum + spec->endpoints.size();
                           });
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
