// SPDX-License-Identifier: BSD-2-Clause
//
// Who is turned away before anything else is asked: addresses and blocks, for a time. Pure; a
// look-up costs one hash for each length of block that occurs, nothing without bans.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "access-control/address_set.h"
#include "daemon/control/activity.h"

namespace usherd::core {

class BanList {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;
    static constexpr std::size_t max_bans = 10'000;

    struct Entry {
        access::Prefix block;
        std::optional<std::string> reason;
        control::Time since;
        std::optional<SteadyTime> until; ///< absent: until it is lifted
        std::uint64_t hits = 0;
    };

    /// Takes the place of a ban of the same block. @return false if there are max_bans.
    [[nodiscard]] bool add(Entry entry);
    std::optional<Entry> remove(const access::Prefix& block);
    /// The ban of the longest block that holds `address`, which is counted as a hit.
    [[nodiscard]] const Entry* hit(const access::IpAddress& address, SteadyTime now) noexcept;
    /// The same without counting.
    [[nodiscard]] const Entry* find(const access::IpAddress& address,
                                    SteadyTime now) const noexcept;
    /// Takes out what is over.
    [[nodiscard]] std::vector<Entry> expire(SteadyTime now);
    /// When the next one is over.
    [[nodiscard]] std::optional<SteadyTime> next_end() const noexcept;
    /// By address.
    [[nodiscard]] std::vector<Entry> list() const;
    [[nodiscard]] std::size_t size() const noexcept { return bans_.size(); }

private:
    /// The first address of the block, with the length in bits of 128.
    struct Key {
        access::IpAddress first;
        unsigned length = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    [[nodiscard]] static Key key_of(const access::Prefix& block) noexcept;

    std::unordered_map<Key, Entry, Hash> bans_;
    /// How many there are of each length, the longest first.
    std::map<unsigned, std::size_t, std::greater<>> lengths_;
};

} // namespace usherd::core
