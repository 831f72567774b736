// SPDX-License-Identifier: BSD-2-Clause
//
// What `usherctl top` knows: the last answers, and of each service how much came in each second of
// the last minutes. Pure: the time is an argument.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/activity.h"
#include "daemon/control/status.h"

namespace usherd::ctl {

enum class TopSort : std::uint8_t { rate, accepted, refused, running, name };
[[nodiscard]] std::string_view name(TopSort sort) noexcept;

/// Arrivals in each of the last seconds.
class History {
public:
    static constexpr std::size_t seconds = 300;

    /// `count` arrivals since the last call; spread over the seconds in between.
    /// @param now whole seconds of a clock that does not go back
    void add(std::uint64_t count, std::int64_t now);
    /// Arrivals a second, the oldest first, as means over `columns` equal spans.
    [[nodiscard]] std::vector<double> columns(std::size_t columns) const;

private:
    std::array<float, seconds> ring_{}; ///< by second modulo its size
    std::optional<std::int64_t> last_;
};

struct TopRow {
    control::ServiceSummary service;
    double accepted_rate = 0; ///< a second, between the last two answers
    double refused_rate = 0;
    History history;
};

class TopModel {
public:
    /// An answer of the daemon. @param now milliseconds of a clock that does not go back
    void take(control::ServiceList list, std::int64_t now);
    void take(control::DaemonStatus status) { status_ = std::move(status); }
    void take(control::SourceLists sources) { sources_ = std::move(sources); }

    /// Most first; by name in alphabetical order. Valid until the next take().
    [[nodiscard]] std::vector<const TopRow*> rows(TopSort sort) const;
    [[nodiscard]] const control::DaemonStatus& status() const noexcept { return status_; }
    [[nodiscard]] const control::SourceLists& sources() const noexcept { return sources_; }
    [[nodiscard]] double accepted_rate() const noexcept { return accepted_rate_; }
    [[nodiscard]] double refused_rate() const noexcept { return refused_rate_; }

private:
    std::map<std::uint64_t, TopRow> rows_; ///< by ServiceSummary::key
    control::DaemonStatus status_;
    control::SourceLists sources_;
    std::optional<std::int64_t> last_; ///< milliseconds
    double accepted_rate_ = 0;
    double refused_rate_ = 0;
};

} // namespace usherd::ctl
