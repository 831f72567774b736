// SPDX-License-Identifier: BSD-2-Clause
//
// What the resolver has lately learnt: names, and that there is none. Bounded in number; the time
// is an argument.

#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/sys/host_address.h"

namespace usherd::sys {

class NameCache {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Holds at most `limit` addresses, which is at least one; the oldest makes room.
    explicit NameCache(std::size_t limit) : limit_(limit) {}

    /// The name, empty if it is known that there is none; nothing if nothing is known at `now`.
    /// The view is valid until the cache changes.
    [[nodiscard]] std::optional<std::string_view> find(const HostAddress& address, Time now) const;
    /// Known before `expires`, not at it. Replaces what was known.
    void insert(const HostAddress& address, std::string name, Time expires);
    void clear() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::string name;
        Time expires;
        std::list<HostAddress>::iterator age;
    };

    std::size_t limit_;
    std::map<HostAddress, Entry> entries_;
    std::list<HostAddress> by_age_; ///< oldest first
};

} // namespace usherd::sys
