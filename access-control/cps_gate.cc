// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/cps_gate.h"

#include <algorithm>

namespace usherd::access {

CpsGate CpsGate::after_arrival(const CpsLimit& limit, Second now) const noexcept
{
    // Seconds are compared with a number of connections, as xinetd does.
    const bool in_window = now - window_start_ < static_cast<Second>(limit.rate);
    CpsGate next = *this;
    if (count_ > 0 && in_window) {
        ++next.count_;
    } else {
        next.count_ = 1;
        next.window_start_ = now;
    }
    return next;
}

bool CpsGate::exceeds(const CpsLimit& limit, Second now) const noexcept
{
    if (count_ == 1)
        return false; // the arrival that opens a window
    const Second elapsed = now - window_start_;
    if (elapsed < 0)
        return false; // the clock was set back: nothing trips until it has caught up
    return static_cast<Second>(count_) / std::max<Second>(elapsed, 1) >
           static_cast<Second>(limit.rate);
}

bool CpsGate::admit(const CpsLimit& limit, Second now) noexcept
{
    if (limit.rate == 0)
        return true;
    *this = after_arrival(limit, now);
    return !exceeds(limit, now);
}

bool CpsGate::would_admit(const CpsLimit& limit, Second now) const noexcept
{
    return limit.rate == 0 || !after_arrival(limit, now).exceeds(limit, now);
}

} // namespace usherd::access
