// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/local_time.h"

#include <ctime>

namespace usherd::sys {

namespace {

using std::chrono::system_clock;

std::tm broken_down(system_clock::time_point when) noexcept
{
    const std::time_t seconds = system_clock::to_time_t(when);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    return local;
}

std::uint16_t minute_of(const std::tm& local) noexcept
{
    return static_cast<std::uint16_t>(local.tm_hour * 60 + local.tm_min);
}

} // namespace

LocalMoment local_moment(system_clock::time_point when) noexcept
{
    return {when, minute_of(broken_down(when))};
}

std::optional<LocalMoment> parse_local_moment(const std::string& text,
                                              system_clock::time_point now) noexcept
{
    for (const char* const format : {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%H:%M"}) {
        std::tm local = broken_down(now);
        local.tm_sec = 0;
        local.tm_isdst = -1;
        const char* const end = ::strptime(text.c_str(), format, &local);
        if (end == nullptr || *end != '\0')
            continue;
        std::tm asked = local; // mktime may put it right where a clock is set forward
        const std::time_t then = ::mktime(&asked);
        if (then == static_cast<std::time_t>(-1))
            return std::nullopt;
        return LocalMoment{system_clock::from_time_t(then), minute_of(local)};
    }
    return std::nullopt;
}

} // namespace usherd::sys
