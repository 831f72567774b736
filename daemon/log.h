// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's own messages and the services' records: where they go and how their lines look.
// Service records (START, EXIT, FAIL …) are made by core/log_record.h; this file only puts them in
// an envelope. Nothing here blocks: syslog is a non-blocking datagram socket, a full queue is
// counted and reported.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "config-parser/service_spec.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

/// As xinetd's: its words are those of the `-filelog` envelope. Syslog priorities in brackets.
enum class Level : std::uint8_t { debug, info, notice, warning, error, critical };

enum class LogFormat : std::uint8_t { text, json };

/// Where the daemon's messages go.
struct DaemonLogTarget {
    enum class Kind : std::uint8_t { syslog, file, stderr_stream };
    Kind kind = Kind::syslog;
    int facility = 3 << 3; ///< LOG_DAEMON
    std::string path;      ///< of the file
};

/// One destination of service records: a file with its limits, or syslog. Shared by the services
/// that inherit a FILE from `defaults`.
class ServiceLog {
public:
    virtual ~ServiceLog() = default;
    /// One record without envelope and newline. Not called for services without log_type.
    virtual void write(std::string_view record) noexcept = 0;
};

class Log {
public:
    virtual ~Log() = default;

    /// One line without newline; control characters are escaped here. A critical text may begin
    /// with the name of a function, `{init_services} no services.`, as xinetd's do; the others get
    /// `{usherd} ` in front.
    virtual void write(Level level, std::string_view text) noexcept = 0;
    /// The same on behalf of a handler that is being started: the line bears its pid, as with
    /// xinetd, whose children write such lines themselves.
    virtual void write_for(int /*pid*/, Level level, std::string_view text) noexcept
    {
        write(level, text);
    }
    /// @param id names the log in messages (`Size of ID log exceeded …`); `common` for the shared
    /// one.
    /// @return nullptr if there is no log_type; the errno as error text in `error` if a file cannot
    /// be opened.
    [[nodiscard]] virtual std::shared_ptr<ServiceLog>
    open(const config::LogTarget& target, const std::string& id, std::string& error) = 0;
    /// Writes out what is buffered.
    virtual void flush() noexcept = 0;

    template <typename... Args>
    void debug(fmt::format_string<Args...> format, Args&&... args)
    {
        write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void info(fmt::format_string<Args...> format, Args&&... args)
    {
        write(Level::info, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void notice(fmt::format_string<Args...> format, Args&&... args)
    {
        write(Level::notice, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void warning(fmt::format_string<Args...> format, Args&&... args)
    {
        write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void error(fmt::format_string<Args...> format, Args&&... args)
    {
        write(Level::error, fmt::format(format, std::forward<Args>(args)...));
    }
    template <typename... Args>
    void critical(fmt::format_string<Args...> format, Args&&... args)
    {
        write(Level::critical, fmt::format(format, std::forward<Args>(args)...));
    }
};

struct LogSettings {
    DaemonLogTarget target;
    LogFormat format = LogFormat::text;
    bool debug = false;             ///< write DEBUG messages to syslog and stderr too
    std::string program = "usherd"; ///< tag: the base name the daemon was started by
    std::string syslog_path = "/dev/log";
};

/// To be made after the daemon has gone into the background: lines bear the pid of now. SIGPIPE is
/// to be ignored. What open() returned may outlive the Log, but not the loop.
/// @return nullptr and the reason in `error` if the -filelog file cannot be opened.
[[nodiscard]] std::unique_ptr<Log> make_log(sys::EventLoop& loop, const LogSettings& settings,
                                            std::string& error);

} // namespace usherd::daemon
