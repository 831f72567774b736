// SPDX-License-Identifier: BSD-2-Clause
//
// One way through a relay: what one socket says is moved to the other with splice(2), and so is its
// end. Knows nothing of the other way, nor of how relays begin.
//
//   open --source ended, all delivered, end passed on--> over
//   open --receiver gone: what it would have got is dropped--> over
//   open --source gone, or the system cannot go on--> broken

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/result.h"
#include "daemon/sys/splice_pipe.h"

namespace usherd::daemon {

class RelayDirection {
public:
    enum class State { open, over, broken };

    /// Both sockets, non-blocking, and all else outlive it.
    /// @param bytes where those that were read are added. @param ready called when there is
    /// something to pump() again
    RelayDirection(sys::EventLoop& loop, sys::SplicePipePool& pipes, int from, int to,
                   std::uint64_t& bytes, sys::Callback ready);
    ~RelayDirection();
    RelayDirection(const RelayDirection&) = delete;
    RelayDirection& operator=(const RelayDirection&) = delete;

    /// Moves what there is, a megabyte at most: one relay must not starve the others.
    State pump() noexcept;
    /// From the beginning on; after that, pump() knows for what.
    void watch() noexcept;
    void stop() noexcept;
    [[nodiscard]] bool is_over() const noexcept { return state_ == State::over; }
    /// What it broke of, where neither side is to blame: the system had no memory or no descriptor.
    [[nodiscard]] const std::optional<sys::SysError>& failure() const noexcept { return failure_; }

private:
    [[nodiscard]] bool fill() noexcept;
    [[nodiscard]] bool drain() noexcept;
    void abandon() noexcept;
    void pass_end() noexcept;
    void fail(const sys::SysError& error) noexcept;

    sys::SplicePipePool& pipes_;
    const int from_;
    const int to_;
    std::uint64_t& bytes_;
    sys::SplicePipe pipe_; ///< only while bytes are on their way
    bool source_ended_ = false;
    State state_ = State::open;
    std::optional<sys::SysError> failure_;
    sys::Watch readable_; ///< from_
    sys::Watch writable_; ///< to_
};

} // namespace usherd::daemon
