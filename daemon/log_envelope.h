// SPDX-License-Identifier: BSD-2-Clause
//
// What stands around a message in a log: time, program, level. Formatting only; log.cc knows where
// lines go.

#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "daemon/log.h"

namespace usherd::daemon {

/// `26/1/5@09:03:07`: year in two digits, month and day not padded, as xinetd writes it.
[[nodiscard]] std::string file_stamp(const std::tm& local);
/// `Jan  5 09:03:07`. @see RFC 3164, 4.1.2
[[nodiscard]] std::string syslog_stamp(const std::tm& local);
/// `2026-01-05T08:03:07Z`. @see ISO 8601
[[nodiscard]] std::string iso_stamp(const std::tm& utc);

/// `NOTICE`, as in the -filelog envelope.
[[nodiscard]] std::string_view level_word(Level level) noexcept;
/// LOG_CRIT … LOG_DEBUG
[[nodiscard]] int syslog_severity(Level level) noexcept;

/// `text` as xinetd shows a CRITICAL message: `81 {init_services} no services.` A text that begins
/// with its function in braces keeps it; the others get `{usherd}`.
[[nodiscard]] std::string critical_text(int pid, std::string_view text);

/// The second that is now, formatted once: many lines come in one second.
class LogClock {
public:
    struct Stamps {
        std::string file, syslog, iso;
    };
    [[nodiscard]] const Stamps& now() noexcept;

private:
    std::time_t second_ = -1;
    Stamps stamps_;
};

} // namespace usherd::daemon
