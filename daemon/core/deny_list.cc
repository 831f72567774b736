// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/deny_list.h"

#include <algorithm>

#include "config-parser/service_spec.h"

namespace usherd::core {

DenyList::Added DenyList::add(const access::IpAddress& address, Time until)
{
    if (const auto known = until_.find(address); known != until_.end()) {
        known->second = std::max(known->second, until);
        return Added::known;
    }
    if (until_.size() >= max_entries)
        return Added::full;
    until_.emplace(address, until);
    return Added::fresh;
}

bool DenyList::contains(const access::IpAddress& address) const noexcept
{
    return !until_.empty() && until_.find(address) != until_.end();
}

std::size_t DenyList::expire(Time now)
{
    return std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
}

std::vector<DenyList::Entry> DenyList::list() const
{
    std::vector<Entry> entries;
    entries.reserve(until_.size());
    for (const auto& [address, until] : until_)
        entries.push_back({address, until});
    return entries;
}

DenyList::Time ban_end(int deny_time, DenyList::Time now) noexcept
{
    return deny_time == config::deny_forever ? DenyList::forever
                                             : now + std::chrono::minutes(deny_time);
}

} // namespace usherd::core
