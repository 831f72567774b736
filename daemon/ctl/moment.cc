// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/moment.h"

#include <ctime>

#include "daemon/ctl/clock.h"

namespace usherd::ctl {

namespace {

Moment moment_of(const std::tm& local, control::Time time)
{
    return {time, {static_cast<std::uint16_t>(local.tm_hour * 60 + local.tm_min)}};
}

} // namespace

std::optional<Moment> parse_moment(const std::string& text)
{
    const control::Time now = ctl::now();
    const std::time_t seconds =
        std::chrono::system_clock::to_time_t(std::chrono::system_clock::time_point(now));
    std::tm today{};
    ::localtime_r(&seconds, &today);
    if (text.empty())
        return moment_of(today, now);
    for (const char* const format : {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%H:%M"}) {
        std::tm local = today;
        local.tm_sec = 0;
        local.tm_isdst = -1;
        const char* const end = ::strptime(text.c_str(), format, &local);
        if (end == nullptr || *end != '\0')
            continue;
        std::tm asked = local; // mktime may put it right where a clock is set forward
        const std::time_t then = ::mktime(&asked);
        if (then == static_cast<std::time_t>(-1))
            return std::nullopt;
        return moment_of(local, std::chrono::floor<std::chrono::milliseconds>(
                                    std::chrono::system_clock::from_time_t(then)));
    }
    return std::nullopt;
}

} // namespace usherd::ctl
