// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/reply_guard.h"

#include <algorithm>

namespace usherd::core {

namespace {

constexpr std::uint16_t first_unprivileged_port = 1024;

access::IpAddress budget_source(const access::IpAddress& address) noexcept
{
    return address.family() == access::Family::ipv6 ? address.masked(64) : address;
}

} // namespace

std::string_view name(ReplyVerdict verdict) noexcept
{
    switch (verdict) {
    case ReplyVerdict::answer:
        return "answer";
    case ReplyVerdict::well_known_port:
        return "well_known_port";
    case ReplyVerdict::not_unicast:
        return "not_unicast";
    case ReplyVerdict::over_budget:
        return "over_budget";
    }
    return "";
}

bool is_one_host(const access::IpAddress& address) noexcept
{
    if (address.is_multicast() || address.is_unspecified())
        return false;
    if (address.family() == access::Family::ipv6)
        return true;
    const std::uint8_t first = address.ipv4_bytes()[0];
    return first != 0 && first < 240; // RFC 1122 3.2.1.3, RFC 1112 4; 255.255.255.255 is in 240/4
}

ReplyGuard::ReplyGuard(std::uint16_t own_port, ReplyBudget budget)
    : own_port_(own_port), budget_(budget)
{
}

ReplyVerdict ReplyGuard::check(const access::Peer& peer, SteadyTime now)
{
    if (peer.port < first_unprivileged_port || peer.port == own_port_)
        return ReplyVerdict::well_known_port;
    if (!is_one_host(peer.address))
        return ReplyVerdict::not_unicast;
    Bucket& bucket = bucket_of(budget_source(peer.address), now);
    const std::chrono::duration<double> elapsed = now - bucket.refilled_at;
    bucket.tokens = std::min(budget_.burst, bucket.tokens + elapsed.count() * budget_.per_second);
    bucket.refilled_at = now;
    if (bucket.tokens < 1.0)
        return ReplyVerdict::over_budget;
    bucket.tokens -= 1.0;
    return ReplyVerdict::answer;
}

ReplyGuard::Bucket& ReplyGuard::bucket_of(const access::IpAddress& source, SteadyTime now)
{
    const auto known = index_.find(source);
    if (known != index_.end()) {
        buckets_.splice(buckets_.begin(), buckets_, known->second);
        return buckets_.front();
    }
    if (buckets_.size() >= budget_.max_sources && !buckets_.empty()) {
        index_.erase(buckets_.back().source);
        buckets_.splice(buckets_.begin(), buckets_, std::prev(buckets_.end()));
        buckets_.front() = {source, budget_.burst, now};
    } else {
        buckets_.push_front({source, budget_.burst, now});
    }
    index_.emplace(source, buckets_.begin());
    return buckets_.front();
}

} // namespace usherd::core
