// SPDX-License-Identifier: BSD-2-Clause
//
// For tests of what something costs: time that this process was run for. Whatever else runs on the
// machine does not count.

#pragma once

#include <chrono>
#include <ctime>

namespace usherd::tests {

struct CpuClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<CpuClock>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept
    {
        timespec used{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return time_point(std::chrono::seconds(used.tv_sec) +
                          std::chrono::nanoseconds(used.tv_nsec));
    }
};

} // namespace usherd::tests
