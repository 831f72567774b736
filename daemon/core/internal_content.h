// SPDX-License-Identifier: BSD-2-Clause
//
// What the internal services say: chargen's characters, the texts of daytime and time. Pure: the
// moment comes in as an argument, nothing is sent from here.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config-parser/service_spec.h"

namespace usherd::core {

enum class InternalService : std::uint8_t { echo, discard, chargen, daytime, time, tcpmux };

/// By service name, exactly as written; nullopt: no such internal service.
[[nodiscard]] std::optional<InternalService> find_internal(std::string_view name) noexcept;
[[nodiscard]] std::string_view name(InternalService service) noexcept;

/// True for what xinetd runs inside the daemon: everything over datagrams, daytime and time over
/// streams. Such a service logs START with pid=0 and never EXIT. Stream echo, discard, chargen and
/// tcpmux are processes in xinetd; here they are sessions of the daemon, so their START and EXIT
/// carry the daemon's pid.
[[nodiscard]] bool is_inline(InternalService service, config::SocketType socket_type) noexcept;

/// Stream chargen repeats these bytes for ever: 95 lines of 72 characters and CR LF, from `!` to
/// `}` (93 characters: no blank, no `~`), line k starting at character k. After line 94 the first
/// one comes again, as in xinetd. @see RFC 864
inline constexpr std::size_t chargen_line_bytes = 74;
inline constexpr std::size_t chargen_period_lines = 95;
inline constexpr std::size_t chargen_period_bytes = chargen_line_bytes * chargen_period_lines;
[[nodiscard]] std::span<const char, chargen_period_bytes> chargen_period() noexcept;

/// Datagram chargen: one datagram is 13 full lines and a last one of 60 characters and CR LF; the
/// next datagram goes on with the next line, also for another client.
class ChargenDatagrams {
public:
    static constexpr std::size_t datagram_bytes = 1024;
    [[nodiscard]] std::array<char, datagram_bytes> next() noexcept;

private:
    std::size_t line_ = 0;
};

/// `20 NOV 2026 20:48:51 UTC` and CR LF. @param local with tm_zone. @see RFC 867
[[nodiscard]] std::string daytime_text(const std::tm& local);
/// Seconds since 1900 modulo 2^32, big-endian. @see RFC 868
[[nodiscard]] std::array<char, 4> time_bytes(std::time_t now) noexcept;

/// Longer datagrams are echoed up to here.
inline constexpr std::size_t echo_datagram_bytes = 2048;

} // namespace usherd::core
