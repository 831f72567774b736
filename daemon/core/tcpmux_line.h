// SPDX-License-Identifier: BSD-2-Clause
//
// tcpmux (RFC 1078): what a client says, and what it is told. One line names the service; whatever
// follows the line is the service's. Pure: bytes in, a verdict out.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace usherd::core {

/// A request line is at most so long, its CR LF included; xinetd reads as much.
inline constexpr std::size_t max_tcpmux_line_bytes = 1024;

struct TcpmuxLine {
    enum class State : std::uint8_t {
        incomplete, ///< more bytes may make it a request; all that there are belong to the line
        complete,
        malformed ///< a name that is empty, a line without CR, or one that is too long
    };
    State state = State::incomplete;
    std::string_view name;  ///< if complete: any bytes but CR and LF. A view of the input
    std::size_t length = 0; ///< if complete: bytes of the line, CR LF included
};

/// @param received what has come so far, from the first byte of the connection.
/// @see RFC 1078
[[nodiscard]] TcpmuxLine parse_tcpmux_line(std::string_view received) noexcept;

/// Names of services are equal whatever the case of their ASCII letters.
[[nodiscard]] bool is_same_tcpmux_name(std::string_view left, std::string_view right) noexcept;

/// The name that asks for a list, where no service has it.
inline constexpr std::string_view tcpmux_help = "help";

/// Sent for a TCPMUXPLUS service before its server starts; xinetd adds a NUL.
inline constexpr std::string_view tcpmux_go = "+Go\r\n";
inline constexpr std::string_view tcpmux_not_found = "-Service name not found\r\n";
/// For a service that is configured, and suspended or out of service.
inline constexpr std::string_view tcpmux_not_available = "-Service not available\r\n";

/// The answer to `help`: one name a line.
[[nodiscard]] std::string tcpmux_list(std::span<const std::string> names);

} // namespace usherd::core
