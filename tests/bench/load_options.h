// SPDX-License-Identifier: BSD-2-Clause
//
// What usherd-load shall do, and its command line. Pure but for the usage text.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace usherd::bench {

/// One load: `connections` in all, `concurrency` at a time, each next one started when one ends
/// (a closed loop: a slow server is offered less, see README.md).
struct LoadOptions {
    std::string address = "127.0.0.1"; ///< where to connect to, dotted IPv4
    std::uint16_t port = 0;
    bool udp = false;
    std::uint64_t connections = 1000;            ///< 0: as many as fit into `time_limit`
    std::uint64_t warm_up = 0;                   ///< connections made before, not counted
    unsigned concurrency = 1;                    ///< at least 1; of all threads together
    unsigned threads = 1;                        ///< at least 1, at most `concurrency`
    std::chrono::milliseconds time_limit{0};     ///< start none after so long; 0: no limit
    std::chrono::milliseconds timeout{10000};    ///< of one connection, from connect to its end
    std::string request;                         ///< sent once connected; UDP: the datagram
    bool half_close = false;                     ///< TCP: shut down sending after the request
    std::optional<std::uint64_t> expected_bytes; ///< another number of bytes received is an error
    bool refusal = false; ///< TCP: closing or resetting without a byte is what the server shall do
    std::uint32_t sources = 0;  ///< spread over so many addresses of `network`; 0: the kernel's
    std::uint8_t network = 127; ///< the first number of the sources: 127 is 127.0.0.0/8
    bool keep_sockets = false;  ///< UDP: one socket for each slot, not one for each datagram
    bool each = false;          ///< tell the time of each connection, too

    bool operator==(const LoadOptions&) const = default;
};

/// The source address of connection number `index`: 127.1.0.1 and on (with another `network`,
/// 10.1.0.1 and on), host byte order, never a network's first or last address, `sources` different
/// ones.
/// @param sources 1 to 16,000,000
[[nodiscard]] std::uint32_t source_address(std::uint64_t index, std::uint32_t sources,
                                           std::uint8_t network = 127) noexcept;

inline constexpr std::uint32_t max_sources = 16'000'000;

/// What went wrong with the command line, or that help was asked for.
struct UsageError {
    std::string message; ///< empty: --help
};

[[nodiscard]] std::variant<LoadOptions, UsageError> parse_load_options(int argc,
                                                                       const char* const* argv);

/// `\n`, `\r`, `\t`, `\0`, `\\` and `\xHH`; absent for anything else after a backslash.
[[nodiscard]] std::optional<std::string> unescape(std::string_view text);

[[nodiscard]] std::string_view load_usage() noexcept;

} // namespace usherd::bench
