// SPDX-License-Identifier: BSD-2-Clause
//
// Which service writes to which log. One object for each syslog target, one for the FILE that
// services inherit from `defaults`, one for each service that names a file itself. A reload makes a
// new book, and so opens every file afresh: rename and SIGHUP rotate a log.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config-parser/service_spec.h"
#include "daemon/log.h"

namespace usherd::daemon {

class LogBook {
public:
    /// @param log outlives the book.
    explicit LogBook(Log& log) : log_(log) {}

    /// @return nullptr without log_type, or if the file cannot be opened: then the message has been
    /// logged and `failed` is true.
    [[nodiscard]] std::shared_ptr<ServiceLog> open(const config::ServiceSpec& spec, bool& failed);

private:
    struct Shared {
        config::LogTarget target;
        std::shared_ptr<ServiceLog> log; ///< nullptr: could not be opened
    };
    Log& log_;
    std::vector<Shared> shared_; ///< few: syslog targets and the common file
};

} // namespace usherd::daemon
