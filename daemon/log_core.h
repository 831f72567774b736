// SPDX-License-Identifier: BSD-2-Clause
//
// What the daemon's log and the services' logs share: the clock, the queue of sinks to be flushed,
// the syslog socket, and the daemon's own messages. Seen by log.cc and service_log.cc only.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/log.h"
#include "daemon/log_envelope.h"
#include "daemon/log_sinks.h"
#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"
#include "daemon/syslog_socket.h"

namespace usherd::daemon {

/// Appends, creates with mode 0644.
[[nodiscard]] sys::Result<sys::UniqueFd> open_log_file(const std::string& path);

class LogCore final : public LineFileObserver {
public:
    /// @param file of -filelog; invalid: stderr or syslog
    LogCore(sys::EventLoop& loop, const LogSettings& settings, sys::UniqueFd file);

    void write(Level level, std::string_view text) noexcept { write_for(pid_, level, text); }
    void write_for(int pid, Level level, std::string_view text) noexcept;
    /// @param size grows by the length of the line
    void write_record(LineFile& file, std::string_view record, std::uint64_t& size) noexcept;
    void write_to_syslog(int priority, std::string_view record) noexcept;
    void flush() noexcept;
    [[nodiscard]] FlushQueue& queue() noexcept { return queue_; }

    void on_write_error(int error_number) noexcept override;
    void on_write_recovered(std::uint64_t lost) noexcept override;

private:
    LogSettings settings_;
    int pid_;
    LogClock clock_;
    FlushQueue queue_;
    SyslogSocket syslog_;
    sys::UniqueFd file_;
    std::optional<LineFile> lines_; ///< absent: the daemon's messages go to syslog
};

} // namespace usherd::daemon
