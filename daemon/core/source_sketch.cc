// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/source_sketch.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace usherd::core {

namespace {

std::uint64_t mixed(std::uint64_t value) noexcept
{
    // The finaliser of splitmix64.
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

} // namespace

SourceSketch::SourceSketch(std::size_t capacity, std::uint64_t secret)
    : capacity_(std::clamp<std::size_t>(capacity, 1, 32'768)), secret_(secret),
      table_(std::bit_ceil(capacity_ * 2), none)
{
    entries_.reserve(capacity_);
    heap_.reserve(capacity_);
    places_.reserve(capacity_);
}

std::size_t SourceSketch::home(const access::IpAddress& source) const noexcept
{
    std::uint64_t halves[2];
    static_assert(sizeof halves == sizeof(access::IpAddress::Bytes16));
    std::memcpy(halves, source.bytes().data(), sizeof halves);
    const std::uint64_t first = mixed(halves[0] ^ secret_);
    return mixed(first ^ halves[1] ^ std::rotl(secret_, 32)) & (table_.size() - 1);
}

/// Where `source` is in the table, or the free slot where it belongs.
std::size_t SourceSketch::find_slot(const access::IpAddress& source) const noexcept
{
    std::size_t slot = home(source);
    while (table_[slot] != none && entries_[table_[slot]].source != source)
        slot = (slot + 1) & (table_.size() - 1);
    return slot;
}

/// Takes `source` out of the table and closes the gap: those behind it that could not be at their
/// home slot move up.
void SourceSketch::forget(const access::IpAddress& source) noexcept
{
    const std::size_t mask = table_.size() - 1;
    std::size_t gap = find_slot(source);
    for (std::size_t slot = (gap + 1) & mask; table_[slot] != none; slot = (slot + 1) & mask) {
        const std::size_t wanted = home(entries_[table_[slot]].source);
        if (((slot - wanted) & mask) < ((slot - gap) & mask))
            continue;
        table_[gap] = table_[slot];
        gap = slot;
    }
    table_[gap] = none;
}

void SourceSketch::place(std::size_t at, Index entry) noexcept
{
    heap_[at] = entry;
    places_[entry] = static_cast<Index>(at);
}

/// The entry at `at` has grown: those below it that are smaller move up.
void SourceSketch::sink(std::size_t at) noexcept
{
    const Index entry = heap_[at];
    const auto count = [this](std::size_t i) { return entries_[heap_[i]].count; };
    for (;;) {
        std::size_t child = 2 * at + 1;
        if (child >= heap_.size())
            break;
        if (child + 1 < heap_.size() && count(child + 1) < count(child))
            ++child;
        if (count(child) >= entries_[entry].count)
            break;
        place(at, heap_[child]);
        at = child;
    }
    place(at, entry);
}

void SourceSketch::add(const access::IpAddress& source, bool accepted) noexcept
{
    ++total_;
    std::size_t slot = find_slot(source);
    Index entry = table_[slot];
    if (entry == none && entries_.size() < capacity_) {
        entry = static_cast<Index>(entries_.size());
        entries_.push_back({source});
        heap_.push_back(entry);
        places_.push_back(entry);
        table_[slot] = entry;
        // A count of one is not above any other: from the end it rises to the front at most.
        std::size_t at = heap_.size() - 1;
        for (; at > 0 && entries_[heap_[(at - 1) / 2]].count > 0; at = (at - 1) / 2)
            place(at, heap_[(at - 1) / 2]);
        place(at, entry);
    } else if (entry == none) {
        entry = heap_.front();
        forget(entries_[entry].source);
        const std::uint64_t least = entries_[entry].count;
        entries_[entry] = {source, least, least, 0, 0};
        table_[find_slot(source)] = entry;
    }
    SketchEntry& grown = entries_[entry];
    ++grown.count;
    ++(accepted ? grown.accepted : grown.refused);
    sink(places_[entry]);
}

std::vector<SketchEntry> SourceSketch::top(std::size_t count) const
{
    std::vector<SketchEntry> sorted = entries_;
    count = std::min(count, sorted.size());
    // Of equal counts the surer one first.
    std::partial_sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count),
                      sorted.end(), [](const SketchEntry& left, const SketchEntry& right) {
                          return left.count != right.count ? left.count > right.count
                                                           : left.error < right.error;
                      });
    sorted.resize(count);
    return sorted;
}

std::size_t SourceSketch::memory() const noexcept
{
    return sizeof *this + entries_.capacity() * sizeof(SketchEntry) +
           (heap_.capacity() + places_.capacity() + table_.capacity()) * sizeof(Index);
}

} // namespace usherd::core
