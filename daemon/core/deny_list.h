// SPDX-License-Identifier: BSD-2-Clause
//
// Who has touched a SENSOR: addresses that every service refuses until their time is over. Bounded,
// pure; the clock is the caller's.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "access-control/ip_address.h"

namespace usherd::core {

class DenyList {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t max_entries = 10240;
    static constexpr Time forever = Time::max();

    enum class Added : std::uint8_t { fresh, known, full };
    /// Denies this one address, however it came in; if it is denied already, until the later time.
    Added add(const access::IpAddress& address, Time until);
    /// Also of those whose time is over and that expire() has not taken out yet.
    [[nodiscard]] bool contains(const access::IpAddress& address) const noexcept;
    /// @return how many were taken out.
    std::size_t expire(Time now);

    struct Entry {
        access::IpAddress address;
        Time until;
    };
    /// In no order.
    [[nodiscard]] std::vector<Entry> list() const;
    [[nodiscard]] std::size_t size() const noexcept { return until_.size(); }

private:
    std::unordered_map<access::IpAddress, Time> until_;
};

/// When a ban that begins now ends. @param deny_time minutes or config::deny_forever.
[[nodiscard]] DenyList::Time ban_end(int deny_time, DenyList::Time now) noexcept;

} // namespace usherd::core
