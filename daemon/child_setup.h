// SPDX-License-Identifier: BSD-2-Clause
//
// The half of a start that runs in the child. The child shares the daemon's memory until it execs:
// it reads a ChildPlan, writes what is marked `out` or `both ways` in it and the digits of its pid,
// and touches nothing else, not even errno; whoever made it sleeps in clone() meanwhile, or runs on
// beside it. Raw system calls on prepared data, no library, no allocation, no return. Compiled
// without sanitizers, see CMakeLists.txt.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

#include "daemon/core/spawn_plan.h"

namespace usherd::daemon {

/// Plain pointers into memory that stays as it is until the child has left it.
struct ChildPlan {
    static constexpr std::uint32_t table_shared = 0;     ///< the daemon's
    static constexpr std::uint32_t table_own = 1;        ///< the child has taken its copy
    static constexpr std::uint32_t table_waited_for = 2; ///< the daemon's, and it wants to be told

    const char* path = nullptr;
    char* const* argv = nullptr;
    char* const* envp = nullptr;
    char* pid_digits = nullptr; ///< the child's pid goes here in decimal, NUL-terminated, if wanted

    // Sources are above 3, so that no target is overwritten before it has been copied.
    int standard[3] = {-1, -1, -1}; ///< become fd 0, 1 and 2
    int passed = -1;                ///< becomes fd 3, if not -1
    int connection = -1;            ///< the one of these that is put into blocking mode
    /// If not -1, the descriptor table is still the daemon's, and the child takes a copy of the
    /// part below this number: the cost does not grow with the number of open descriptors.
    int copy_below = -1;
    /// That part may hold descriptors that are neither this worker's nor close-on-exec.
    bool close_rest = true;

    const std::uint8_t* signals = nullptr; ///< whose actions are not the default
    std::size_t signal_count = 0;

    std::int64_t gid = -1; ///< -1: stay
    std::int64_t uid = -1;
    bool set_groups = false;
    bool groups_unknown = false;
    const std::uint32_t* groups = nullptr;
    std::size_t group_count = 0;

    std::uint32_t umask = 022;
    bool change_nice = false;
    int nice = 0; ///< added to the daemon's
    const core::Limit* limits = nullptr;
    std::size_t limit_count = 0;

    bool take_context = false; ///< run the handler in the security context of its peer
    bool no_new_privs = false;

    core::SpawnFailure failure; ///< out; stage none: the exec succeeded
    int told_at = -1; ///< an eventfd(2) below copy_below, if not -1; see has_own_table_or_tells()
    /// Both ways, by std::atomic_ref: whose the descriptor table is.
    std::uint32_t table = table_shared;
    /// Out, by the kernel and likewise: zero once the child no longer uses this memory.
    std::uint32_t in_memory = 1;
};

/// Starts a child that runs `plan`, and returns once it has become the handler or has failed and is
/// exiting: with status 0 where execve(2) failed, as in xinetd, otherwise with 1.
/// All signals are blocked in the calling thread.
/// @param stack_top end of memory that only this thread's children use as their stack
/// @return the pid, or -1 with errno where no process could be made
pid_t start_child(ChildPlan& plan, void* stack_top) noexcept;

/// The same, and returns at once: `plan`, what it points to and the stack belong to the child until
/// has_left(). Not for builds without raw_calls_keep_errno. No signal whose action is a function is
/// unblocked in the calling thread.
pid_t start_child_beside(ChildPlan& plan, void* stack_top) noexcept;

/// True once the child has become the handler, or has failed, or was killed.
[[nodiscard]] bool has_left(ChildPlan& plan) noexcept;
/// Waits for that. @return false: not by then
bool wait_until_left(ChildPlan& plan, std::chrono::steady_clock::time_point deadline) noexcept;
/// True once the child has copied what it needs of the descriptor table, its very first step.
[[nodiscard]] bool has_own_table(ChildPlan& plan) noexcept;
/// The same, and where it has not, the child will count `told_at` up when it has. Who will look
/// again anyway calls has_own_table(): that spares the child a call and the loop a turn.
[[nodiscard]] bool has_own_table_or_tells(ChildPlan& plan) noexcept;

/// True if the kernel has what ChildPlan::copy_below needs (Linux 5.9).
[[nodiscard]] bool can_copy_part_of_table() noexcept;

} // namespace usherd::daemon
