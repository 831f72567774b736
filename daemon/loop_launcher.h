// SPDX-License-Identifier: BSD-2-Clause
//
// The launcher without threads: the loop makes children itself and runs on beside them, while they
// share its memory. That spares two switches of threads for each handler, and nobody sleeps until
// an execve(2) has read its file.
//
// A child's first step is to copy what it needs of the descriptor table, and to tell so by a word
// of its plan, and by an eventfd(2) if the loop has looked before. Then the client's connection is
// closed here, and soon it must be: the client sees the end of file when both have closed. When a
// child has executed, the kernel clears a word of its plan; the loop looks at those words when
// something has happened to any child, and by a timer.
//
// While the processors are busy, children are made in batches (core/start_pace.h). When the last
// one has exited the loop may stay awake for a moment (core/lingering.h).

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "daemon/core/lingering.h"
#include "daemon/core/start_pace.h"
#include "daemon/launcher.h"
#include "daemon/processor_queue.h"
#include "daemon/spawn_place.h"

namespace usherd::daemon {

class LoopLauncher final : public Launcher {
public:
    /// As make_launcher(). @param places how many children may be on their way at a time.
    LoopLauncher(sys::EventLoop& loop, unsigned places, ReportReceiver& receiver);
    /// Waits for children; one that has not executed within a second keeps its memory for ever.
    ~LoopLauncher() override;
    LoopLauncher(const LoopLauncher&) = delete;
    LoopLauncher& operator=(const LoopLauncher&) = delete;

    void submit(LaunchRequest request) noexcept override;
    [[nodiscard]] std::size_t pending() const noexcept override { return pending_; }
    void on_exited(pid_t pid) noexcept override;
    void look() noexcept override;

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    /// A child on its way from clone to exec, or room for one.
    struct Start {
        SpawnPlace* place = nullptr;
        ChildPlan plan{};
        LaunchRequest request{};
        pid_t pid = -1; ///< -1: there is none
        SteadyTime started_at{};
        bool holds_descriptors = false; ///< the request's, in the daemon's table
    };

    /// What children on their way use.
    struct Room {
        SpawnCommons commons;
        std::deque<SpawnPlace> places;
        std::vector<std::unique_ptr<Start>> starts; ///< one for each place
    };

    void begin(Start& start, LaunchRequest request) noexcept;
    void let_go_of_descriptors(Start& start) noexcept;
    void finish(Start& start) noexcept;
    template <typename Action>
    void for_each_on_its_way(Action action) noexcept;
    [[nodiscard]] Start* find_free() noexcept;
    [[nodiscard]] bool is_crowded() noexcept;
    void collect() noexcept;
    void ask_to_be_told() noexcept;
    void begin_waiting() noexcept;
    void deliver() noexcept;
    void at_end_of_turn() noexcept;
    void on_copied() noexcept;
    void look_again_in_time() noexcept;
    void linger_if_alone() noexcept;
    void linger() noexcept;

    ReportReceiver& receiver_;
    std::size_t pending_ = 0;
    std::size_t on_their_way_ = 0;
    SteadyTime last_begun_;
    ProcessorQueue processors_;
    core::StartPace pace_; // after processors_, whose number it takes
    bool inheritance_known_ = false;
    std::unique_ptr<Room> room_;
    std::deque<LaunchRequest> waiting_; ///< for a place
    std::vector<LaunchReport> reports_;
    std::vector<LaunchReport> batch_;    ///< of those, what is being delivered
    std::unique_ptr<sys::Watch> copied_; ///< after room_, whose descriptor it watches; or none
    sys::Deferred end_of_turn_;
    core::Lingering lingering_;
    sys::Deferred linger_;
    sys::Timer look_again_;
};

} // namespace usherd::daemon
