// SPDX-License-Identifier: BSD-2-Clause
//
// The local syslog daemon: datagrams to /dev/log, never waiting for it. What it does not take at
// once is kept and sent when it reads again or comes back; beyond a bound it is dropped, counted,
// and reported in one line.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/log_envelope.h"
#include "daemon/log_sinks.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

class SyslogSocket final : public LineSink {
public:
    struct Settings {
        std::string path; ///< /dev/log
        std::string program;
        int pid = 0;      ///< of the tag, `xinetd[68]`
        int facility = 0; ///< of the report about lost messages
    };

    /// All outlive it.
    SyslogSocket(sys::EventLoop& loop, FlushQueue& queue, LogClock& clock, Settings settings);
    ~SyslogSocket() override;
    SyslogSocket(const SyslogSocket&) = delete;
    SyslogSocket& operator=(const SyslogSocket&) = delete;

    /// @param priority facility | severity
    /// @param text without newline @param pid in place of the daemon's, unless 0
    void append(int priority, std::string_view text, int pid = 0) noexcept;
    void flush() noexcept override;

private:
    enum class Sent : std::uint8_t { everything, not_now, nobody_there };

    [[nodiscard]] bool connect() noexcept;
    [[nodiscard]] Sent send_pending() noexcept;
    [[nodiscard]] int send_batch() noexcept;
    void disconnect() noexcept;
    void on_writable() noexcept;
    void enqueue(int priority, std::string_view text, int pid = 0);

    sys::EventLoop& loop_;
    FlushQueue& queue_;
    LogClock& clock_;
    Settings settings_;
    std::deque<std::string> pending_;
    std::size_t pending_bytes_ = 0;
    std::uint64_t lost_ = 0;
    sys::UniqueFd socket_;
    // After socket_: dies before it. Started while the other side's queue is full.
    std::optional<sys::Watch> writable_;
};

} // namespace usherd::daemon
