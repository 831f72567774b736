// SPDX-License-Identifier: BSD-2-Clause
//
// One live connection of stream echo, discard or chargen, seen by internal_stream.cc only; and what
// sends without waiting.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "access-control/source_counter.h"
#include "daemon/internal_stream.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// Sends what it can of `data`, whatever the socket's mode. @return bytes sent, 0 if there is no
/// room, -1 if the connection is broken.
[[nodiscard]] std::ptrdiff_t send_some(int fd, std::span<const char> data) noexcept;

class InternalSessions::Session {
public:
    Session(InternalSessions& sessions, SessionFacts facts, sys::UniqueFd connection,
            access::Slot slot);
    ~Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// @param self where this session stands in its list
    void begin(Sessions::iterator self) noexcept;
    void stop_watching() noexcept;

    SessionFacts facts;

private:
    /// The protocols' unit in xinetd, too.
    static constexpr std::size_t echo_bytes = 1024;
    struct EchoBuffer {
        std::array<char, echo_bytes> bytes;
        std::size_t begin = 0, end = 0; ///< what is still to be sent
    };

    void on_readable() noexcept;
    void on_writable() noexcept;
    void echo() noexcept;
    void discard() noexcept;
    void generate() noexcept;
    [[nodiscard]] bool send_echo() noexcept;
    void wait_for(sys::Watch& what) noexcept;
    void finish() noexcept;

    InternalSessions& sessions_;
    Sessions::iterator self_;
    access::Slot slot_;
    std::unique_ptr<EchoBuffer> echo_; ///< of echo alone
    std::size_t chargen_at_ = 0;       ///< position in core::chargen_period()
    sys::UniqueFd connection_;
    // After connection_: they die before it.
    sys::Watch readable_;
    sys::Watch writable_;
};

} // namespace usherd::daemon
