// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_book.h"

namespace usherd::daemon {

std::shared_ptr<ServiceLog> LogBook::open(const config::ServiceSpec& spec, bool& failed)
{
    failed = false;
    if (std::holds_alternative<std::monostate>(spec.settings->log_target))
        return nullptr;
    const bool is_file = std::holds_alternative<config::FileTarget>(spec.settings->log_target);
    const bool is_shared = !is_file || spec.settings->log_target_inherited;
    if (is_shared) {
        for (const Shared& known : shared_) {
            if (known.target == spec.settings->log_target) {
                failed = known.log == nullptr;
                return known.log;
            }
        }
    }
    std::string error;
    auto opened =
        log_.open(spec.settings->log_target, is_shared && is_file ? "common" : spec.id, error);
    if (opened == nullptr) {
        failed = true;
        if (is_shared)
            log_.error("creation of default log failed: {}", error);
        else
            log_.error("creation of {} log failed: {}", spec.id, error);
    }
    if (is_shared)
        shared_.push_back({spec.settings->log_target, opened});
    return opened;
}

} // namespace usherd::daemon
