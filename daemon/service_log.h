// SPDX-License-Identifier: BSD-2-Clause
//
// Where log_type sends a service's records: a file with its limits, or syslog.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config-parser/service_spec.h"
#include "daemon/log.h"
#include "daemon/log_core.h"

namespace usherd::daemon {

class SyslogServiceLog final : public ServiceLog {
public:
    SyslogServiceLog(std::shared_ptr<LogCore> core, int priority)
        : core_(std::move(core)), priority_(priority)
    {
    }
    void write(std::string_view record) noexcept override
    {
        core_->write_to_syslog(priority_, record);
    }

private:
    std::shared_ptr<LogCore> core_;
    int priority_;
};

/// The size counts from what the file has when it is opened. The line that crosses the hard limit
/// is complete; one message says so, and nothing more is written.
class FileServiceLog final : public ServiceLog, private LineFileObserver {
public:
    FileServiceLog(std::shared_ptr<LogCore> core, sys::UniqueFd file,
                   const config::FileTarget& target, std::string id);
    void write(std::string_view record) noexcept override;

private:
    void on_write_error(int error_number) noexcept override;
    void on_write_recovered(std::uint64_t lost) noexcept override;
    void check_limits();

    std::shared_ptr<LogCore> core_;
    std::string id_;
    std::uint64_t soft_limit_; ///< 0: none, or passed already
    std::uint64_t hard_limit_; ///< 0: none
    std::uint64_t size_ = 0;
    bool is_full_ = false;
    sys::UniqueFd file_;
    LineFile lines_;
};

} // namespace usherd::daemon
