// SPDX-License-Identifier: BSD-2-Clause
//
// Services with `flags = SENSOR`: whoever touches one is refused by every service for its
// deny_time. Keeps the list through reloads, takes out what is over once a minute, and says so in
// the log.

#pragma once

#include <chrono>
#include <optional>

#include "config-parser/service_spec.h"
#include "daemon/core/deny_list.h"
#include "daemon/provoked_log.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class Sensors {
public:
    /// All outlive it. @param scan_interval between looks for what is over
    Sensors(sys::EventLoop& loop, Log& log, ProvokedLog& provoked_log,
            std::chrono::milliseconds scan_interval = std::chrono::seconds(60));
    ~Sensors() = default;
    Sensors(const Sensors&) = delete;
    Sensors& operator=(const Sensors&) = delete;

    /// `peer` has touched the sensor `spec`.
    void on_touched(const config::ServiceSpec& spec, const access::Peer& peer) noexcept;
    [[nodiscard]] bool denies(const access::Peer& peer) const noexcept
    {
        return denied_.contains(peer.address);
    }
    /// denies(), and counts the client who is refused for it.
    [[nodiscard]] bool refuses(const access::Peer& peer) noexcept
    {
        return denied_.refuses(peer.address);
    }
    /// On request. Absent: the address was not denied.
    std::optional<core::DenyList::Entry> forgive(const access::IpAddress& address) noexcept
    {
        return denied_.forgive(address);
    }
    [[nodiscard]] const core::DenyList& denied() const noexcept { return denied_; }

private:
    void scan() noexcept;

    Log& log_;
    ProvokedLog& provoked_log_;
    std::chrono::milliseconds scan_interval_;
    core::DenyList denied_;
    sys::Timer next_scan_;
};

} // namespace usherd::daemon
