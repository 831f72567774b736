// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/provoked_log.h"

#include <algorithm>
#include <chrono>

namespace usherd::daemon {

ProvokedLog::ProvokedLog(sys::EventLoop& loop, Log& log)
    : log_(log), due_(loop, sys::bind<&ProvokedLog::write_summaries>(*this))
{
}

void ProvokedLog::write(Level level, std::string_view service, std::string_view kind,
                        std::string_view text, int pid) noexcept
{
    const auto now = std::chrono::steady_clock::now();
    const bool may_write = budget_.take(service, kind, text, static_cast<int>(level), now);
    if (may_write && pid != 0)
        log_.write_for(pid, level, text);
    else if (may_write)
        log_.write(level, text);
    if (!due_.is_started())
        arm();
}

void ProvokedLog::write_summaries() noexcept
{
    for (const auto& summary : budget_.collect(std::chrono::steady_clock::now()))
        log_.write(static_cast<Level>(summary.level), core::summary_line(summary));
    arm();
}

void ProvokedLog::arm() noexcept
{
    const auto due = budget_.next_due();
    if (!due)
        return;
    const auto wait =
        std::chrono::ceil<std::chrono::microseconds>(*due - std::chrono::steady_clock::now());
    due_.start(std::max(wait, std::chrono::microseconds(0)));
}

} // namespace usherd::daemon
