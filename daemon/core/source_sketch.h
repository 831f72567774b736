// SPDX-License-Identifier: BSD-2-Clause
//
// Who comes most, in bounded memory whatever the number of sources: the space-saving algorithm of
// Metwally, Agrawal and El Abbadi ("Efficient Computation of Frequent and Top-k Elements in Data
// Streams", 2005). A source that is not among the kept ones takes the place of the least frequent
// and inherits its count as its possible error; whoever comes more often than total / capacity is
// kept for sure. Pure; an arrival costs O(log capacity) at worst, and never allocates.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "access-control/ip_address.h"

namespace usherd::core {

struct SketchEntry {
    access::IpAddress source;
    std::uint64_t count = 0; ///< at least the true one
    std::uint64_t error = 0; ///< and at most this much above it
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
};

class SourceSketch {
public:
    /// @param capacity sources that are kept, 1 to 32,768.
    /// @param secret makes hash collisions unforeseeable: clients choose their addresses.
    SourceSketch(std::size_t capacity, std::uint64_t secret);

    void add(const access::IpAddress& source, bool accepted) noexcept;
    /// Arrivals counted.
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    /// The most frequent first.
    [[nodiscard]] std::vector<SketchEntry> top(std::size_t count) const;
    /// What it takes, in bytes.
    [[nodiscard]] std::size_t memory() const noexcept;

private:
    using Index = std::uint16_t;
    static constexpr Index none = 0xffff;

    [[nodiscard]] std::size_t home(const access::IpAddress& source) const noexcept;
    [[nodiscard]] std::size_t find_slot(const access::IpAddress& source) const noexcept;
    void forget(const access::IpAddress& source) noexcept;
    void sink(std::size_t at) noexcept;
    void place(std::size_t at, Index entry) noexcept;

    std::size_t capacity_;
    std::uint64_t secret_;
    std::uint64_t total_ = 0;
    std::vector<SketchEntry> entries_;
    std::vector<Index> heap_;   ///< of entries, the least count at the front
    std::vector<Index> places_; ///< of each entry in the heap
    std::vector<Index> table_;  ///< open addressing, linear probing; a power of two
};

} // namespace usherd::core
