// SPDX-License-Identifier: BSD-2-Clause
//
// What happens and who causes it, as the status socket tells it: events, sources, bans.
// @see usherd-status(7)

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/status.h"

namespace usherd::control {

enum class EventKind : std::uint8_t {
    accepted, ///< a client was admitted
    refused,  ///< a client was refused; `reason`
    started,  ///< its handler runs
    exited,   ///< the handler, session or relay has ended
    state,    ///< a service changed its state
    reload,   ///< a configuration was applied or refused
    ban,
    unban,   ///< by request, or its time was over
    missed,  ///< of followers and readers: events that the ring no longer had
    dropped, ///< of followers: the last one, the reader was too slow
    unknown, ///< of a newer daemon
};
inline constexpr int event_kind_count = 11;
[[nodiscard]] std::string_view name(EventKind kind) noexcept;
/// `unknown` if there is no such.
[[nodiscard]] EventKind event_kind(std::string_view name) noexcept;

/// One line of GET /v1/events. Fields that a kind has not are absent.
struct Event {
    std::uint64_t seq = 0; ///< grows by one; of missed and dropped: that of the next event
    Time at;
    EventKind kind = EventKind::unknown;
    std::optional<std::string> service; ///< id
    std::optional<std::string> reason;  ///< of refused: the access reason; of others: why
    std::optional<std::string> from;    ///< address; of ban and unban also a block
    std::optional<std::uint16_t> port;  ///< of the client
    std::optional<std::int64_t> pid;
    std::optional<std::int64_t> status; ///< exit status
    std::optional<std::int64_t> signal; ///< instead of status
    std::optional<std::uint64_t> duration_ms;
    std::optional<std::uint64_t> user_ms;    ///< processor time of the handler and its children
    std::optional<std::uint64_t> system_ms;  ///< the same, in the kernel
    std::optional<std::uint64_t> max_rss_kb; ///< most memory at a time, KiB
    std::optional<std::string> state;        ///< the new one
    std::optional<std::uint64_t> count;      ///< of missed and dropped: how many

    bool operator==(const Event&) const = default;
};

/// One source in GET /v1/sources. The counts are of a sketch of bounded size: the true count is
/// not above `count`, and not below `count - error`.
struct SourceCount {
    std::string source; ///< address, or block
    std::uint64_t count = 0;
    std::uint64_t error = 0;
    std::uint64_t accepted = 0; ///< seen since the source is in the sketch
    std::uint64_t refused = 0;

    bool operator==(const SourceCount&) const = default;
};

struct SourceLists {
    std::uint64_t total = 0;            ///< arrivals counted
    std::vector<SourceCount> addresses; ///< the most frequent first
    std::vector<SourceCount> blocks;    ///< by /24 (IPv4) and /64 (IPv6)

    bool operator==(const SourceLists&) const = default;
};

struct Ban {
    std::string source; ///< address, or block with its length
    std::optional<std::string> reason;
    Time since;
    std::optional<Time> until; ///< absent: until it is lifted
    std::uint64_t hits = 0;    ///< clients refused

    bool operator==(const Ban&) const = default;
};

/// As many of DaemonStatus::sensed are listed.
inline constexpr std::size_t max_sensed = 1000;

struct BanList {
    std::vector<Ban> bans;   ///< by request
    std::vector<Ban> sensed; ///< for having touched a sensor, the latest first; at most max_sensed

    bool operator==(const BanList&) const = default;
};

/// The body of POST /v1/bans.
struct BanOrder {
    std::string source;                   ///< address, or address/length
    std::optional<std::uint64_t> seconds; ///< absent: until it is lifted
    std::optional<std::string> reason;

    bool operator==(const BanOrder&) const = default;
};

} // namespace usherd::control
