// SPDX-License-Identifier: BSD-2-Clause
//
// What a client's ident server is asked and says (RFC 1413). Pure; the reply comes from whoever
// listens on the client's port 113 and is trusted in nothing.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usherd::core {

/// The connection asked about: the client's port, and ours.
struct IdentPorts {
    std::uint16_t client = 0;
    std::uint16_t local = 0;
};

/// Longest reply that is read, CR LF included. @see RFC 1413 section 4, 1000 characters
inline constexpr std::size_t max_ident_reply = 1024;

/// `CLIENT,LOCAL` CR LF.
[[nodiscard]] std::string ident_query(IdentPorts ports);

/// The first line of what has been received, without CR LF; nothing: it is not there yet. A line
/// feed alone ends no line.
[[nodiscard]] std::optional<std::string_view> ident_line(std::string_view received) noexcept;

/// What stands behind `USERID :` of a reply about these very ports, without blanks before it:
/// operating system and user, `UNIX : joe`. Nothing: an ERROR, or no reply to our question.
[[nodiscard]] std::optional<std::string_view> ident_user(std::string_view line,
                                                         IdentPorts ports) noexcept;

/// Why there is no user.
enum class IdentFailure : std::uint8_t {
    no_server,      ///< nobody listens there
    timeout,        ///< no answer in time
    system_error,   ///< it could not be asked
    broken_reply,   ///< the connection ended before the line did, or the line does not end
    not_understood, ///< an ERROR, or something else
};
/// As xinetd's NOID records have it: `no server`, …
[[nodiscard]] std::string_view explanation(IdentFailure failure) noexcept;

} // namespace usherd::core
