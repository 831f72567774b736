// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/service_log.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include "daemon/sys/result.h"

namespace usherd::daemon {

FileServiceLog::FileServiceLog(std::shared_ptr<LogCore> core, sys::UniqueFd file,
                               const config::FileTarget& target, std::string id)
    : core_(std::move(core)), id_(std::move(id)), soft_limit_(target.soft_limit),
      hard_limit_(target.hard_limit), file_(std::move(file)),
      lines_(core_->queue(), file_.get(), *this)
{
    struct stat status {};
    if (::fstat(file_.get(), &status) == 0)
        size_ = static_cast<std::uint64_t>(status.st_size);
    check_limits();
}

void FileServiceLog::write(std::string_view record) noexcept
{
    if (is_full_)
        return;
    core_->write_record(lines_, record, size_);
    check_limits();
}

void FileServiceLog::check_limits()
{
    if (hard_limit_ != 0 && size_ > hard_limit_) {
        is_full_ = true;
        core_->write(Level::error, fmt::format("Size of {} log exceeded hard limit", id_));
    } else if (soft_limit_ != 0 && size_ > soft_limit_) {
        soft_limit_ = 0; // said once
        core_->write(Level::critical, fmt::format("Size of {} log exceeded soft limit", id_));
    }
}

void FileServiceLog::on_write_error(int error_number) noexcept
{
    core_->write(Level::warning,
                 fmt::format("Error in {} log: {}", id_, sys::errno_text(error_number)));
}

void FileServiceLog::on_write_recovered(std::uint64_t lost) noexcept
{
    core_->write(Level::warning,
                 fmt::format("The {} log is being written again, {} records were lost", id_, lost));
}

} // namespace usherd::daemon
