// SPDX-License-Identifier: BSD-2-Clause
//
// Prefixes of one address width, cut into disjoint intervals, each with its longest prefix: a
// look-up is one binary search. Private to AddressSet; knows numbers and no addresses.

#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace usherd::access {

/// An IPv6 address as a number; not every compiler has a 128-bit integer.
struct Number128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    auto operator<=>(const Number128&) const = default; // NOLINT(modernize-use-nullptr): it is 0
};

/// The last address of the network that begins at `first`.
[[nodiscard]] constexpr std::uint32_t last_of(std::uint32_t first, unsigned length) noexcept
{
    return length >= 32 ? first : first | (std::numeric_limits<std::uint32_t>::max() >> length);
}
[[nodiscard]] constexpr Number128 last_of(Number128 first, unsigned length) noexcept
{
    constexpr auto all = std::numeric_limits<std::uint64_t>::max();
    if (length < 64)
        return {first.high | (all >> length), all};
    return {first.high, length >= 128 ? first.low : first.low | (all >> (length - 64))};
}

/// REQUIRES: there is a next address.
[[nodiscard]] constexpr std::uint32_t next_after(std::uint32_t number) noexcept
{
    return number + 1;
}
[[nodiscard]] constexpr Number128 next_after(Number128 number) noexcept
{
    const std::uint64_t low = number.low + 1;
    return {number.high + (low == 0 ? 1 : 0), low};
}

template <typename Number>
class PrefixTable {
public:
    struct Entry {
        Number first{};          ///< host bits zero
        std::uint32_t rule = 0;  ///< what find() reports
        std::uint8_t length = 0; ///< bits

        Number last() const noexcept { return last_of(first, length); }
    };

    PrefixTable() = default;
    /// O(n log n). Of equal prefixes the one with the smallest `rule` counts.
    explicit PrefixTable(std::vector<Entry> entries)
    {
        std::sort(entries.begin(), entries.end(), comes_before);
        std::vector<const Entry*> open; // the prefixes around the present one, outermost first
        for (const Entry& entry : entries) {
            while (!open.empty() && open.back()->last() < entry.first)
                close_innermost(open);
            if (!open.empty() && open.back()->first == entry.first &&
                open.back()->length == entry.length)
                continue;
            open.push_back(&entry);
            begin_interval(entry.first, entry.rule);
        }
        while (!open.empty())
            close_innermost(open);
        starts_.shrink_to_fit();
        rules_.shrink_to_fit();
    }

    /// The rule of the longest prefix that holds `number`. O(log n).
    [[nodiscard]] std::optional<std::uint32_t> find(Number number) const noexcept
    {
        const auto after = std::upper_bound(starts_.begin(), starts_.end(), number);
        if (after == starts_.begin())
            return std::nullopt;
        const std::uint32_t rule = rules_[static_cast<std::size_t>(after - starts_.begin()) - 1];
        return rule == no_rule ? std::nullopt : std::optional{rule};
    }

private:
    static constexpr auto no_rule = std::numeric_limits<std::uint32_t>::max();

    static bool comes_before(const Entry& left, const Entry& right) noexcept
    {
        if (left.first != right.first)
            return left.first < right.first;
        return left.length != right.length ? left.length < right.length : left.rule < right.rule;
    }

    void close_innermost(std::vector<const Entry*>& open)
    {
        const Number last = open.back()->last();
        open.pop_back();
        // Nothing follows the last address of all, which is the last of the whole space.
        if (last != last_of(Number{}, 0))
            begin_interval(next_after(last), open.empty() ? no_rule : open.back()->rule);
    }

    void begin_interval(Number start, std::uint32_t rule)
    {
        if (!starts_.empty() && starts_.back() == start) {
            rules_.back() = rule;
            return;
        }
        starts_.push_back(start);
        rules_.push_back(rule);
    }

    // Two arrays, so that the search touches nothing but what it compares.
    std::vector<Number> starts_;
    std::vector<std::uint32_t> rules_;
};

} // namespace usherd::access
