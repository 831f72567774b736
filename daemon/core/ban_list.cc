// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/ban_list.h"

#include <algorithm>
#include <utility>

namespace usherd::core {

std::size_t BanList::Hash::operator()(const Key& key) const noexcept
{
    return std::hash<access::IpAddress>{}(key.first) ^ (key.length * 0x9e3779b97f4a7c15ULL);
}

BanList::Key BanList::key_of(const access::Prefix& block) noexcept
{
    const unsigned length = block.length + (block.family == access::Family::ipv4 ? 96U : 0U);
    return {access::IpAddress::from_ipv6(block.bytes), length};
}

bool BanList::add(Entry entry)
{
    const Key key = key_of(entry.block);
    if (const auto found = bans_.find(key); found != bans_.end()) {
        entry.hits = found->second.hits;
        found->second = std::move(entry);
        return true;
    }
    if (bans_.size() >= max_bans)
        return false;
    bans_.emplace(key, std::move(entry));
    ++lengths_[key.length];
    return true;
}

std::optional<BanList::Entry> BanList::remove(const access::Prefix& block)
{
    const Key key = key_of(block);
    const auto found = bans_.find(key);
    if (found == bans_.end())
        return std::nullopt;
    Entry entry = std::move(found->second);
    bans_.erase(found);
    if (const auto length = lengths_.find(key.length); --length->second == 0)
        lengths_.erase(length);
    return entry;
}

const BanList::Entry* BanList::find(const access::IpAddress& address, SteadyTime now) const noexcept
{
    for (const auto& [length, count] : lengths_) {
        const Key key{access::IpAddress::from_ipv6(access::keep_bits(address.bytes(), length)),
                      length};
        const auto found = bans_.find(key);
        if (found == bans_.end() || found->second.block.family != address.family())
            continue;
        if (!found->second.until || now < *found->second.until)
            return &found->second;
    }
    return nullptr;
}

const BanList::Entry* BanList::hit(const access::IpAddress& address, SteadyTime now) noexcept
{
    auto* const entry = const_cast<Entry*>(find(address, now)); // the list itself is not const
    if (entry != nullptr)
        ++entry->hits;
    return entry;
}

std::vector<BanList::Entry> BanList::expire(SteadyTime now)
{
    std::vector<access::Prefix> over;
    for (const auto& [key, entry] : bans_)
        if (entry.until && *entry.until <= now)
            over.push_back(entry.block);
    std::vector<Entry> removed;
    for (const access::Prefix& block : over)
        if (auto entry = remove(block))
            removed.push_back(std::move(*entry));
    return removed;
}

std::optional<BanList::SteadyTime> BanList::next_end() const noexcept
{
    std::optional<SteadyTime> next;
    for (const auto& [key, entry] : bans_)
        if (entry.until && (!next || *entry.until < *next))
            next = entry.until;
    return next;
}

std::vector<BanList::Entry> BanList::list() const
{
    std::vector<Entry> entries;
    entries.reserve(bans_.size());
    for (const auto& [key, entry] : bans_)
        entries.push_back(entry);
    std::sort(entries.begin(), entries.end(), [](const Entry& left, const Entry& right) {
        return std::pair(left.block.bytes, left.block.length) <
               std::pair(right.block.bytes, right.block.length);
    });
    return entries;
}

} // namespace usherd::core
