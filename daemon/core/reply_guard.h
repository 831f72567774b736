// SPDX-License-Identifier: BSD-2-Clause
//
// May an internal datagram service answer this sender? A forged source address makes every answer
// somebody else's traffic, and two services that answer each other never stop. Pure.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

#include "access-control/ip_address.h"

namespace usherd::core {

enum class ReplyVerdict : std::uint8_t {
    answer,
    well_known_port, ///< the sender's port is below 1024, or our own: perhaps a service, too
    not_unicast,     ///< broadcast, multicast, unspecified or reserved
    over_budget,     ///< this source has had its answers
};
[[nodiscard]] std::string_view name(ReplyVerdict verdict) noexcept;

/// Answers a second for each source and how many may come at once.
struct ReplyBudget {
    double per_second = 20;
    double burst = 40;
    std::size_t max_sources = 4096; ///< remembered; beyond, the least recently seen is forgotten
};

/// One token bucket for each source: an IPv4 address, or an IPv6 /64, which is one host's to use.
class ReplyGuard {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    /// @param own_port of the service; 0: unknown
    explicit ReplyGuard(std::uint16_t own_port, ReplyBudget budget = {});

    /// Takes a token if the verdict is `answer`.
    [[nodiscard]] ReplyVerdict check(const access::Peer& peer, SteadyTime now);
    [[nodiscard]] std::size_t remembered() const noexcept { return buckets_.size(); }

private:
    struct Bucket {
        access::IpAddress source;
        double tokens = 0;
        SteadyTime refilled_at;
    };
    using Buckets = std::list<Bucket>;

    [[nodiscard]] Bucket& bucket_of(const access::IpAddress& source, SteadyTime now);

    std::uint16_t own_port_;
    ReplyBudget budget_;
    Buckets buckets_; ///< most recently seen first
    std::unordered_map<access::IpAddress, Buckets::iterator> index_;
};

/// False for addresses that are never one host: broadcast, multicast, unspecified, 0/8, 240/4.
/// (The kernel drops directed broadcasts as martians, and refuses to send to them.)
[[nodiscard]] bool is_one_host(const access::IpAddress& address) noexcept;

} // namespace usherd::core
