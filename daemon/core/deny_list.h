// SPDX-License-Identifier: BSD-2-Clause
//
// Who has touched a SENSOR: addresses that every service refuses until their time is over, or they
// are forgiven. Bounded, pure; the clock is the caller's.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
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
    Added add(const access::IpAddress& address, Time now, Time until);
    /// Also of those whose time is over and that expire() has not taken out yet.
    [[nodiscard]] bool contains(const access::IpAddress& address) const noexcept;
    /// contains(), and counts the client who is refused for it.
    [[nodiscard]] bool refuses(const access::IpAddress& address) noexcept;
    /// @return how many were taken out.
    std::size_t expire(Time now);

    struct Entry {
        access::IpAddress address;
        Time since;
        Time until;
        std::uint64_t hits = 0; ///< clients refused
    };
    /// Takes an address out. Absent: it was not denied.
    std::optional<Entry> forgive(const access::IpAddress& address) noexcept;
    /// Who came last comes first.
    [[nodiscard]] std::vector<Entry> list() const;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    std::unordered_map<access::IpAddress, Entry> entries_;
};

/// When a ban that begins now ends. @param deny_time minutes or config::deny_forever.
[[nodiscard]] DenyList::Time ban_end(int deny_time, DenyList::Time now) noexcept;

} // namespace usherd::core
