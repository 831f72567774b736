// SPDX-License-Identifier: BSD-2-Clause
//
// Lines on their way out: collected during a turn of the loop, written at its end with one call a
// sink, kept for a while where the other side does not take them, counted where they are lost.
// Nothing here blocks but a write to a regular file.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

/// Beyond that many bytes that wait in one sink, lines are dropped and counted.
inline constexpr std::size_t max_pending_bytes = std::size_t{1024} * 1024;

class FlushQueue;

/// Dies before its queue, which it has to forget() then.
class LineSink {
public:
    virtual ~LineSink() = default;
    virtual void flush() noexcept = 0;

private:
    friend class FlushQueue;
    bool is_due_ = false;
    bool is_waiting_ = false;
};

/// Flushes sinks at the end of the turn, or a little later where they could not write.
class FlushQueue {
public:
    explicit FlushQueue(sys::EventLoop& loop);

    /// At the end of this turn.
    void add(LineSink& sink);
    /// In a twentieth of a second; the more often in vain the later, up to a second.
    /// @param has_progressed a part could be written
    void retry(LineSink& sink, bool has_progressed);
    void forget(LineSink& sink) noexcept;
    [[nodiscard]] static bool is_waiting(const LineSink& sink) noexcept { return sink.is_waiting_; }
    /// What is due, now.
    void flush() noexcept;

private:
    void on_retry() noexcept;

    std::vector<LineSink*> due_; ///< nullptr: forgotten
    std::vector<LineSink*> waiting_;
    std::chrono::milliseconds delay_; ///< until the next retry
    sys::Deferred end_of_turn_;
    sys::Timer later_;
};

/// Hears what befalls a LineFile.
class LineFileObserver {
public:
    virtual ~LineFileObserver() = default;
    /// Writing fails, for the first time since it worked.
    virtual void on_write_error(int error_number) noexcept = 0;
    /// Everything that waited is written. @param lost lines that are not
    virtual void on_write_recovered(std::uint64_t lost) noexcept = 0;
};

/// Lines for a file, pipe, terminal or socket.
class LineFile final : public LineSink {
public:
    /// @param fd borrowed, outlives this object; may be in blocking mode and shared with others.
    LineFile(FlushQueue& queue, int fd, LineFileObserver& observer);
    ~LineFile() override;
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    /// @param line with its newline
    void append(std::string_view line) noexcept;
    void flush() noexcept override;

private:
    enum class Kind : std::uint8_t { regular, socket, other };

    [[nodiscard]] static Kind kind_of(int fd) noexcept;
    [[nodiscard]] std::ptrdiff_t write_some(std::string_view data) noexcept;

    FlushQueue& queue_;
    LineFileObserver& observer_;
    int fd_;
    Kind kind_;
    bool failing_ = false;
    std::string buffer_;
    std::uint64_t lost_ = 0;
};

} // namespace usherd::daemon
