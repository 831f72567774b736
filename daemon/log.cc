// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log.h"

#include <fcntl.h>
#include <map>
#include <optional>
#include <syslog.h>
#include <unistd.h>

#include "daemon/control/log_json.h"
#include "daemon/core/log_record.h"
#include "daemon/log_core.h"
#include "daemon/service_log.h"
#include "daemon/sys/result.h"

namespace usherd::daemon {

sys::Result<sys::UniqueFd> open_log_file(const std::string& path)
{
    // Non-blocking for the sake of a path that is a FIFO; a regular file does not care.
    sys::UniqueFd file(::open(
        path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
    if (!file)
        return sys::last_error("open");
    return file;
}

LogCore::LogCore(sys::EventLoop& loop, const LogSettings& settings, sys::UniqueFd file)
    : settings_(settings), pid_(::getpid()), queue_(loop),
      syslog_(loop, queue_, clock_,
              {settings.syslog_path, settings.program, pid_, settings.target.facility}),
      file_(std::move(file))
{
    if (settings.target.kind != DaemonLogTarget::Kind::syslog)
        lines_.emplace(queue_, file_ ? file_.get() : STDERR_FILENO, *this);
}

void LogCore::write_for(int pid, Level level, std::string_view text) noexcept
{
    const bool is_file = settings_.target.kind == DaemonLogTarget::Kind::file;
    if (level == Level::debug && !settings_.debug && !is_file)
        return; // xinetd's -filelog has DEBUG messages always
    const std::string line = core::one_line(text);
    const auto shown = [&] { return level == Level::critical ? critical_text(pid, line) : line; };
    if (!lines_)
        syslog_.append(settings_.target.facility | syslog_severity(level), shown(), pid);
    else if (settings_.format == LogFormat::json)
        lines_->append(control::json_message(clock_.now().iso, level_word(level), pid, line) +
                       '\n');
    else
        lines_->append(fmt::format("{} {}[{}]: {}: {}\n", clock_.now().file, settings_.program, pid,
                                   level_word(level), shown()));
}

void LogCore::write_record(LineFile& file, std::string_view record, std::uint64_t& size) noexcept
{
    constexpr std::size_t max_record_bytes = 1024; // as xinetd
    const std::string text = core::one_line(record, max_record_bytes);
    const std::string line = settings_.format == LogFormat::json
                                 ? control::json_record(clock_.now().iso, text) + '\n'
                                 : fmt::format("{}: {}\n", clock_.now().file, text);
    file.append(line);
    size += line.size();
}

void LogCore::write_to_syslog(int priority, std::string_view record) noexcept
{
    syslog_.append(priority, core::one_line(record, 1024));
}

void LogCore::flush() noexcept
{
    queue_.flush();
}

void LogCore::on_write_error(int) noexcept {} // there is nowhere else to say it

void LogCore::on_write_recovered(std::uint64_t lost) noexcept
{
    if (lost > 0)
        write(Level::warning, fmt::format("{} messages of this log were lost", lost));
}

namespace {

class DefaultLog final : public Log {
public:
    explicit DefaultLog(std::shared_ptr<LogCore> core) : core_(std::move(core)) {}

    void write(Level level, std::string_view text) noexcept override { core_->write(level, text); }
    void write_for(int pid, Level level, std::string_view text) noexcept override
    {
        core_->write_for(pid, level, text);
    }

    std::shared_ptr<ServiceLog> open(const config::LogTarget& target, const std::string& id,
                                     std::string& error) override
    {
        if (const auto* file = std::get_if<config::FileTarget>(&target))
            return open_file(*file, id, error);
        if (const auto* syslog = std::get_if<config::SyslogTarget>(&target))
            return open_syslog(syslog->facility | syslog->level);
        return nullptr;
    }

    void flush() noexcept override { core_->flush(); }

private:
    std::shared_ptr<ServiceLog> open_file(const config::FileTarget& target, const std::string& id,
                                          std::string& error)
    {
        auto file = open_log_file(target.path);
        if (!file) {
            error = sys::errno_text(file.error().number);
            return nullptr;
        }
        return std::make_shared<FileServiceLog>(core_, std::move(*file), target, id);
    }

    /// One object for all services with the same priority: a host may have thousands.
    std::shared_ptr<ServiceLog> open_syslog(int priority)
    {
        std::weak_ptr<ServiceLog>& known = by_priority_[priority];
        auto log = known.lock();
        if (!log) {
            log = std::make_shared<SyslogServiceLog>(core_, priority);
            known = log;
        }
        return log;
    }

    std::shared_ptr<LogCore> core_;
    std::map<int, std::weak_ptr<ServiceLog>> by_priority_;
};

} // namespace

std::unique_ptr<Log> make_log(sys::EventLoop& loop, const LogSettings& settings, std::string& error)
{
    sys::UniqueFd file;
    if (settings.target.kind == DaemonLogTarget::Kind::file) {
        auto opened = open_log_file(settings.target.path);
        if (!opened) {
            error = sys::errno_text(opened.error().number);
            return nullptr;
        }
        file = std::move(*opened);
    }
    return std::make_unique<DefaultLog>(std::make_shared<LogCore>(loop, settings, std::move(file)));
}

} // namespace usherd::daemon
