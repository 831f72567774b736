// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/processor_queue.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <sched.h>
#include <string_view>
#include <unistd.h>

namespace usherd::daemon {

namespace {

/// The fourth field, `3/512`: 3 want to run. @return -1: there is none
int running_of(std::string_view line) noexcept
{
    for (int field = 0; field < 3; ++field) {
        const auto space = line.find(' ');
        if (space == std::string_view::npos)
            return -1;
        line.remove_prefix(space + 1);
    }
    int running = -1;
    std::from_chars(line.data(), line.data() + line.size(), running);
    return running;
}

/// @return at least 1; more than 1,024 are not counted
unsigned usable_processors() noexcept
{
    cpu_set_t usable;
    CPU_ZERO(&usable);
    if (::sched_getaffinity(0, sizeof usable, &usable) != 0)
        return 1;
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&usable)));
}

} // namespace

ProcessorQueue::ProcessorQueue() noexcept
    : load_(::open("/proc/loadavg", O_RDONLY | O_CLOEXEC)), count_(usable_processors())
{
}

bool ProcessorQueue::are_busy() const noexcept
{
    std::array<char, 128> text{};
    const ssize_t bytes = ::pread(load_.get(), text.data(), text.size(), 0);
    if (bytes <= 0)
        return true;
    const int running = running_of({text.data(), static_cast<std::size_t>(bytes)});
    constexpr int ourselves = 1;
    return running < 0 || running - ourselves > static_cast<int>(count_);
}

} // namespace usherd::daemon
