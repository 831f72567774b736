// SPDX-License-Identifier: BSD-2-Clause
//
// What came of a load: counts by outcome, times, and both as JSON. Pure.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/percentiles.h"

namespace usherd::bench {

/// How a connection or an exchange of datagrams ended. Each has exactly one.
enum class Outcome : std::uint8_t {
    done,       ///< end of file (UDP: the reply) as expected
    refused,    ///< connection refused
    reset,      ///< connection reset by the server
    timeout,    ///< not ended in time
    wrong_size, ///< ended, but not with the expected number of bytes
    other,      ///< any other error
};
inline constexpr std::size_t outcome_count = 6;

[[nodiscard]] std::string_view name(Outcome outcome) noexcept;

/// The outcome that an errno of socket, bind, connect, send or recv stands for.
[[nodiscard]] Outcome outcome_of(int error_number) noexcept;

struct LoadResult {
    std::array<std::uint64_t, outcome_count> counts{}; ///< by Outcome
    std::uint64_t bytes = 0;                           ///< received
    Duration elapsed{0};                               ///< from the first connect to the last end
    Samples times;             ///< connect to end, of the connections that are done
    int first_other_error = 0; ///< errno of the first Outcome::other

    [[nodiscard]] std::uint64_t count(Outcome outcome) const noexcept
    {
        return counts[static_cast<std::size_t>(outcome)];
    }
    /// All connections begun.
    [[nodiscard]] std::uint64_t offered() const noexcept;
    [[nodiscard]] std::uint64_t errors() const noexcept { return offered() - count(Outcome::done); }
    /// Adds what another thread has counted; `elapsed` stays.
    void merge(const LoadResult& other);
    /// Connections done in a second.
    [[nodiscard]] double per_second() const noexcept;
};

/// One line, without its end. Times in microseconds, null where nothing was measured.
/// @param each also an array of all times, in rising order
[[nodiscard]] std::string to_json(LoadResult& result, bool each = false);

} // namespace usherd::bench
