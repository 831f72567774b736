// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's end of the tcp_wrappers helper (wrapper_process.h): starts it when there is the
// first question, notices its end, starts it again with the next. Knows no client.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"
#include "daemon/wrapper_protocol.h"

namespace usherd::daemon {

class WrapperLinkOwner {
public:
    virtual ~WrapperLinkOwner() = default;
    virtual void on_wrapper_answer(const WrapperAnswer& answer) noexcept = 0;
    /// There is room for questions again.
    virtual void on_wrapper_room() noexcept = 0;
    /// The helper has ended: what it was asked remains unanswered.
    virtual void on_wrapper_lost() noexcept = 0;
};

class WrapperLink {
public:
    struct Settings {
        std::string program;                  ///< for syslog
        int facility = -1;                    ///< shifted; -1: none
        std::vector<std::string> environment; ///< NAME=value, of commands that rules run
    };

    /// Both outlive it.
    WrapperLink(sys::EventLoop& loop, WrapperLinkOwner& owner, Settings settings);
    ~WrapperLink();
    WrapperLink(const WrapperLink&) = delete;
    WrapperLink& operator=(const WrapperLink&) = delete;

    /// @param descriptors borrowed: the client's socket, and with in_process the pipe's end
    /// @return EAGAIN: later, on_wrapper_room() says when; any other error: it cannot be asked.
    [[nodiscard]] sys::Result<void> ask(const WrapperQuestion& question,
                                        const std::vector<int>& descriptors) noexcept;
    /// Takes the answers that are there. May call the owner.
    void drain() noexcept;
    /// -1: it does not run.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// True if `pid` was a helper, which has been waited for.
    [[nodiscard]] bool on_child_exited(pid_t pid) noexcept;

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    [[nodiscard]] sys::Result<void> start();
    void on_readable() noexcept;
    void on_writable() noexcept;
    void lose() noexcept;
    struct Watches;

    sys::EventLoop& loop_;
    WrapperLinkOwner& owner_;
    Settings settings_;
    SteadyTime started_at_{};
    pid_t pid_ = -1;
    std::vector<pid_t> ending_; ///< helpers that closed their end and have not been waited for
    sys::UniqueFd socket_;
    std::unique_ptr<Watches> watches_; ///< after socket_: dies before it
};

} // namespace usherd::daemon
