// SPDX-License-Identifier: BSD-2-Clause
//
// Starts handlers. A request is a plan and a descriptor, a report is a pid or the step that
// failed; nothing else is shared, so that the launcher could live in a process of its own. There
// are two: loop_launcher.h has children made by the loop itself, which runs on beside them;
// threaded_launcher.h has threads that sleep while their child executes. Reports come through the
// loop.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <sys/types.h>

#include "daemon/core/spawn_plan.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// Chosen by whoever asks; comes back in the report.
enum class LaunchTicket : std::uint64_t {};

struct LaunchRequest {
    LaunchTicket ticket{};
    core::SpawnPlan plan;
    /// Becomes fd 0, 1 and 2 of the handler (or fd 3, see PassFds). Owned: closed in the daemon
    /// once the handler has it, unless it is lent (`borrowed`).
    sys::UniqueFd connection;
    /// A listening or datagram socket of a wait service, instead of `connection`. Open until the
    /// report; comes back in blocking mode, as the handler wants it.
    int borrowed = -1;
    sys::UniqueFd stderr_fd; ///< for stderr = log; else invalid
};

/// A failed exec has had a pid, and the reaper will see that pid exit.
struct LaunchReport {
    LaunchTicket ticket{};
    pid_t pid = -1;             ///< -1: no process was made (stage clone)
    core::SpawnFailure failure; ///< stage none: the handler runs
    std::chrono::steady_clock::time_point started_at;
    std::optional<LaunchRequest> request; ///< with stage clone: as it was, for another attempt
};

class ReportReceiver {
public:
    virtual ~ReportReceiver() = default;
    /// In the loop's thread.
    virtual void on_launched(LaunchReport report) noexcept = 0;
};

/// Interface, so that tests can record requests.
class Launcher {
public:
    virtual ~Launcher() = default;
    virtual void submit(LaunchRequest request) noexcept = 0;
    /// Requests accepted whose report has not been delivered.
    [[nodiscard]] virtual std::size_t pending() const noexcept = 0;
    /// A child has exited, of whomever: if no report has named it, its report may be delivered from
    /// within, and so may others.
    virtual void on_exited(pid_t pid) noexcept = 0;
    /// Delivers, from within, what there is to report.
    virtual void look() noexcept = 0;
};

inline constexpr unsigned most_spawn_workers = 4;
/// How many children the loop itself has on their way at a time, at most; the next ones wait.
inline constexpr unsigned most_on_their_way = 16;

/// True where the loop can make children itself. @see raw_call.h
[[nodiscard]] bool loop_makes_children() noexcept;

/// How many descriptors the launcher takes: few where the process may have few.
/// @param workers as for make_launcher()
[[nodiscard]] unsigned launcher_descriptors(unsigned workers) noexcept;

/// To be made after the last fork: children inherit a copy of the descriptor table up to the
/// launcher's own descriptors, so these had better be low; see LowDescriptors. What signals do
/// and the daemon's ids are to be settled before the first request. Throws std::system_error if the
/// system refuses a descriptor or the first thread. The destructor waits for children that have not
/// yet called exec, and drops requests and reports.
/// @param workers 1 to most_spawn_workers threads, which block all signals; or 0: the loop itself,
///                where loop_makes_children(), otherwise one thread.
/// @param receiver outlives the launcher.
[[nodiscard]] std::unique_ptr<Launcher> make_launcher(sys::EventLoop& loop, unsigned workers,
                                                      ReportReceiver& receiver);

} // namespace usherd::daemon
