// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sensor.h"

namespace usherd::daemon {

Sensors::Sensors(sys::EventLoop& loop, Log& log, ProvokedLog& provoked_log,
                 std::chrono::milliseconds scan_interval)
    : log_(log), provoked_log_(provoked_log), scan_interval_(scan_interval),
      next_scan_(loop, sys::bind<&Sensors::scan>(*this))
{
}

void Sensors::on_touched(const config::ServiceSpec& spec, const access::Peer& peer) noexcept
{
    const int minutes = spec.settings->deny_time.value_or(config::deny_never);
    if (minutes == config::deny_never)
        return;
    const auto now = std::chrono::steady_clock::now();
    switch (denied_.add(peer.address, now, core::ban_end(minutes, now))) {
    case core::DenyList::Added::known:
        return;
    case core::DenyList::Added::full:
        provoked_log_.write(Level::error, spec.id, "sensor full",
                            fmt::format("The global_no_access list is full: {} is not added",
                                        access::log_text(peer)));
        return;
    case core::DenyList::Added::fresh:
        break;
    }
    provoked_log_.write(Level::critical, spec.id, "sensor",
                        fmt::format("Adding {} to the global_no_access list for {} minutes",
                                    access::log_text(peer), minutes));
    if (!next_scan_.is_started())
        next_scan_.start(scan_interval_);
}

void Sensors::scan() noexcept
{
    if (denied_.expire(std::chrono::steady_clock::now()) > 0) {
        log_.info("At least 1 DENY_TIME has expired, global_no_access list updated");
        if (denied_.size() == 0)
            log_.info("global_no_access list is empty.");
    }
    if (denied_.size() > 0)
        next_scan_.start(scan_interval_);
}

} // namespace usherd::daemon
