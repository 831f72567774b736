// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_envelope.h"

#include <array>
#include <syslog.h>

#include <fmt/format.h>

namespace usherd::daemon {

namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

} // namespace

std::string file_stamp(const std::tm& local)
{
    return fmt::format("{:02}/{}/{}@{:02}:{:02}:{:02}", local.tm_year % 100, local.tm_mon + 1,
                       local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

std::string syslog_stamp(const std::tm& local)
{
    return fmt::format("{} {:2} {:02}:{:02}:{:02}", months[static_cast<std::size_t>(local.tm_mon)],
                       local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

std::string iso_stamp(const std::tm& utc)
{
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string_view level_word(Level level) noexcept
{
    switch (level) {
    case Level::debug:
        return "DEBUG";
    case Level::info:
        return "INFO";
    case Level::notice:
        return "NOTICE";
    case Level::warning:
        return "WARNING";
    case Level::error:
        return "ERROR";
    case Level::critical:
        break;
    }
    return "CRITICAL";
}

int syslog_severity(Level level) noexcept
{
    switch (level) {
    case Level::debug:
        return LOG_DEBUG;
    case Level::info:
        return LOG_INFO;
    case Level::notice:
        return LOG_NOTICE;
    case Level::warning:
        return LOG_WARNING;
    case Level::error:
        return LOG_ERR;
    case Level::critical:
        break;
    }
    return LOG_CRIT;
}

std::string critical_text(int pid, std::string_view text)
{
    if (text.starts_with('{') && text.find("} ") != std::string_view::npos)
        return fmt::format("{} {}", pid, text);
    return fmt::format("{} {{usherd}} {}", pid, text);
}

const LogClock::Stamps& LogClock::now() noexcept
{
    timespec moment{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &moment); // no system call; a tick is fine enough
    if (moment.tv_sec != second_) {
        second_ = moment.tv_sec;
        std::tm local{};
        std::tm utc{};
        ::localtime_r(&second_, &local);
        ::gmtime_r(&second_, &utc);
        stamps_ = {file_stamp(local), syslog_stamp(local), iso_stamp(utc)};
    }
    return stamps_;
}

} // namespace usherd::daemon
