// SPDX-License-Identifier: BSD-2-Clause
//
// `instances`, `per_source` and the process limit: counts that are held, not kept.
// Looking up a source costs O(1) however many servers run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "access-control/ip_address.h"

namespace usherd::access {

class Slot;

/// Live servers of one service: in all, and by source address.
class SourceCounter {
public:
    SourceCounter();

    [[nodiscard]] std::uint32_t running() const noexcept;
    [[nodiscard]] std::uint32_t running_from(const IpAddress& source) const noexcept;
    /// Number of distinct sources that hold a slot.
    [[nodiscard]] std::size_t sources() const noexcept;
    /// Counts one server; without `source` (stream-wait services) only the total.
    [[nodiscard]] Slot take(const std::optional<IpAddress>& source);

private:
    friend class Slot;
    struct Tally;
    // Shared: a reload may remove the service before its last server exits.
    std::shared_ptr<Tally> tally_;
};

/// Whoever holds the Slot is the count. Move-only; the destructor gives both counts back.
class Slot {
public:
    ~Slot();
    Slot(Slot&&) noexcept;
    Slot& operator=(Slot&&) = delete;
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    /// Gives `other` back together with this one: the server counts for two services, the one that
    /// the client came through and its own. nullptr: nothing.
    void hold(std::unique_ptr<Slot> other) noexcept { other_ = std::move(other); }

private:
    friend class SourceCounter;
    Slot(std::shared_ptr<SourceCounter::Tally> tally, const std::optional<IpAddress>& source);

    std::shared_ptr<SourceCounter::Tally> tally_;
    std::optional<IpAddress> source_;
    std::unique_ptr<Slot> other_;
};

} // namespace usherd::access
