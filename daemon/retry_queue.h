// SPDX-License-Identifier: BSD-2-Clause
//
// Starts for which no process could be made: tried again after five seconds, five attempts in all,
// as xinetd does. The client's connection stays open meanwhile.

#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <vector>

#include "daemon/supervisor.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class RetryQueue {
public:
    static constexpr int max_attempts = 5;
    static constexpr std::chrono::seconds interval{5};
    using Retry = std::function<void(ServerStart)>;

    /// @param retry called in the loop when a start is due.
    RetryQueue(sys::EventLoop& loop, Retry retry);

    void add(ServerStart start);
    /// Takes out what waits for a service that goes away. @return how many
    std::size_t drop(ServiceKey service) noexcept;
    [[nodiscard]] std::size_t count(ServiceKey service) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
    /// In the order in which they are due; valid until the loop runs.
    [[nodiscard]] std::vector<const ServerStart*> waiting() const;

private:
    void on_due() noexcept;
    void arm() noexcept;

    struct Waiting {
        std::chrono::steady_clock::time_point due;
        ServerStart start;
    };
    Retry retry_;
    std::list<Waiting> waiting_; ///< in order of `due`
    sys::Timer timer_;
};

} // namespace usherd::daemon
