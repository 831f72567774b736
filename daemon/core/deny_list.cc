// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/deny_list.h"

#include <algorithm>

#include "config-parser/service_spec.h"

namespace usherd::core {

DenyList::Added DenyList::add(const access::IpAddress& address, Time now, Time until)
{
    if (const auto known = entries_.find(address); known != entries_.end()) {
        known->second.until = std::max(known->second.until, until);
        return Added::known;
    }
    if (entries_.size() >= max_entries)
        return Added::full;
    entries_.emplace(address, Entry{address, now, until});
    return Added::fresh;
}

bool DenyList::contains(const access::IpAddress& address) const noexcept
{
    return !entries_.empty() && entries_.find(address) != entries_.end();
}

bool DenyList::refuses(const access::IpAddress& address) noexcept
{
    if (entries_.empty())
        return false;
    const auto known = entries_.find(address);
    if (known == entries_.end())
        return false;
    ++known->second.hits;
    return true;
}

std::size_t DenyList::expire(Time now)
{
    return std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
}

std::optional<DenyList::Entry> DenyList::forgive(const access::IpAddress& address) noexcept
{
    const auto node = entries_.extract(address);
    return node ? std::optional(node.mapped()) : std::nullopt;
}

std::vector<DenyList::Entry> DenyList::list() const
{
    std::vector<Entry> entries;
    entries.reserve(entries_.size());
    for (const auto& [address, entry] : entries_)
        entries.push_back(entry);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair(b.since, a.address) < std::pair(a.since, b.address);
    });
    return entries;
}

DenyList::Time ban_end(int deny_time, DenyList::Time now) noexcept
{
    return deny_time == config::deny_forever ? DenyList::forever
                                             : now + std::chrono::minutes(deny_time);
}

} // namespace usherd::core
