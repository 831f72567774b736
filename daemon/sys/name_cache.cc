// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/name_cache.h"

#include <cassert>
#include <utility>

namespace usherd::sys {

std::optional<std::string_view> NameCache::find(const HostAddress& address, Time now) const
{
    const auto entry = entries_.find(address);
    if (entry == entries_.end() || now >= entry->second.expires)
        return std::nullopt;
    return entry->second.name;
}

void NameCache::insert(const HostAddress& address, std::string name, Time expires)
{
    assert(limit_ > 0);
    if (const auto known = entries_.find(address); known != entries_.end()) {
        by_age_.erase(known->second.age);
        entries_.erase(known);
    }
    if (entries_.size() >= limit_) {
        entries_.erase(by_age_.front());
        by_age_.pop_front();
    }
    const auto age = by_age_.insert(by_age_.end(), address);
    entries_.emplace(address, Entry{std::move(name), expires, age});
}

void NameCache::clear() noexcept
{
    entries_.clear();
    by_age_.clear();
}

} // namespace usherd::sys
