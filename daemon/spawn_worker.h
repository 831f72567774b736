// SPDX-License-Identifier: BSD-2-Clause
//
// What one spawn worker owns and does: turns a LaunchRequest into a ChildPlan, has the child made,
// and answers with a LaunchReport. No threads in here; the launcher runs one of these in each.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

#include "daemon/child_setup.h"
#include "daemon/launcher.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// What children inherit and need not ask for again: each call saved is a hundredth of a start.
struct Inheritance {
    std::vector<std::uint8_t> signals; ///< to be reset: caught or ignored
    std::optional<uid_t> uid;          ///< if real, effective and saved one are the same
    std::optional<gid_t> gid;          ///< likewise
    bool has_groups = true;            ///< supplementary ones
};
/// Of this process, as it is now.
[[nodiscard]] Inheritance read_inheritance();

/// What all workers share. Read-only once there are requests.
struct SpawnCommons {
    sys::UniqueFd null;     ///< /dev/null
    sys::UniqueFd target;   ///< fd 3, if it was free: nobody else shall have it
    int copy_below = -1;    ///< see ChildPlan; above the descriptors of all workers
    bool close_rest = true; ///< see ChildPlan
    Inheritance inheritance;
};

/// A descriptor number above 3, whatever `fd` is, and close-on-exec.
/// Throws std::system_error if there is none.
[[nodiscard]] sys::UniqueFd duplicate_high(int fd);

/// The stack of a worker's children, one at a time, with a guard page below.
class ChildStack {
public:
    ChildStack(); ///< throws std::bad_alloc
    ~ChildStack();
    ChildStack(const ChildStack&) = delete;
    ChildStack& operator=(const ChildStack&) = delete;

    [[nodiscard]] void* top() const noexcept;

private:
    void* memory_;
};

class SpawnWorker {
public:
    /// @param commons outlives the worker; only `null` need be there yet.
    explicit SpawnWorker(const SpawnCommons& commons);

    /// The descriptors that a child of this worker needs.
    [[nodiscard]] std::array<int, 2> descriptors() const noexcept
    {
        return {connection_place_.get(), stderr_place_.get()};
    }
    /// Sleeps until the child execs or fails. All signals are blocked in the calling thread.
    [[nodiscard]] LaunchReport launch(LaunchRequest request) noexcept;

private:
    [[nodiscard]] int prepare(const LaunchRequest& request, ChildPlan& plan) noexcept;
    void prepare_ids(const core::SpawnTemplate& base, ChildPlan& plan) const noexcept;
    [[nodiscard]] int place_descriptors(const LaunchRequest& request, ChildPlan& plan) noexcept;
    void clear_descriptors(const LaunchRequest& request) noexcept;

    const SpawnCommons& commons_;
    ChildStack stack_;
    // Reserved numbers, low ones, where a child finds what is handed to it; /dev/null in between.
    sys::UniqueFd connection_place_;
    sys::UniqueFd stderr_place_;
    // Written anew for each child; members only to keep their memory.
    std::vector<char*> argv_;
    std::vector<char*> envp_;
    std::array<char, 48> listen_pid_;
};

} // namespace usherd::daemon
