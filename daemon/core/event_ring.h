// SPDX-License-Identifier: BSD-2-Clause
//
// The last events of the daemon, in a ring: a number for each, one place in memory each, and no
// allocation once the ring is full. Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access-control/address_set.h"
#include "access-control/decision.h"
#include "access-control/ip_address.h"
#include "daemon/control/activity.h"

namespace usherd::core {

/// An event as the ring keeps it; texts are shared with whoever reports it.
struct EventRecord {
    using Text = std::shared_ptr<const std::string>;

    control::Time at;
    Text service; ///< id
    Text text;    ///< why, or `STATE`, `STATE: WHY` of a state; null: none
    std::optional<access::Peer> peer;
    std::int32_t pid = 0;         ///< 0: none
    std::int32_t wait_status = 0; ///< of exited; @see waitpid(2)
    std::uint32_t duration_ms = 0;
    std::uint32_t user_ms = 0;
    std::uint32_t system_ms = 0;
    std::uint32_t max_rss_kb = 0; ///< 0: not known, it was no process
    std::uint8_t block_bits = 0;  ///< of ban and unban: the length of the block, IPv4 as 0 to 32
    control::EventKind kind = control::EventKind::unknown;
    access::Reason reason = access::Reason::allowed;
};

class EventRing {
public:
    /// @param capacity events; 0 keeps none and still counts them.
    explicit EventRing(std::size_t capacity);

    void add(EventRecord record);
    /// Numbers of the oldest event that is kept, and of the one to come.
    [[nodiscard]] std::uint64_t first() const noexcept { return next_ - records_.size(); }
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
    /// REQUIRES first() <= seq < next().
    [[nodiscard]] const EventRecord& at(std::uint64_t seq) const noexcept;

private:
    std::size_t capacity_;
    std::uint64_t next_ = 0;
    std::vector<EventRecord> records_; ///< event `seq` is at seq modulo capacity
};

/// Which events somebody wants to see.
struct EventFilter {
    std::optional<std::string> service;
    std::optional<std::string> reason;
    std::optional<access::Prefix> from;
    std::optional<control::Time> after;

    [[nodiscard]] bool lets_pass(const EventRecord& record) const noexcept;
};

/// The event as the status socket tells it.
[[nodiscard]] control::Event to_event(const EventRecord& record, std::uint64_t seq);

/// True if `address` lies in `block`; a block of IPv4 also holds mapped peers.
[[nodiscard]] bool holds(const access::Prefix& block, const access::IpAddress& address) noexcept;

} // namespace usherd::core
