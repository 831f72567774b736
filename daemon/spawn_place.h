// SPDX-License-Identifier: BSD-2-Clause
//
// What one child at a time is made in: a stack, numbers of descriptors that it finds what is handed
// to it at, memory for its arguments. Turns a LaunchRequest into a ChildPlan. Makes no child and no
// thread: both kinds of launcher have some of these.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
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

/// What all places share. Read-only once there are requests.
struct SpawnCommons {
    sys::UniqueFd null;     ///< /dev/null
    sys::UniqueFd copied;   ///< an eventfd, see ChildPlan::told_at; or none
    sys::UniqueFd target;   ///< fd 3, if it was free: nobody else shall have it
    bool copy_part = false; ///< children copy the part of the table that they need
    bool close_rest = true; ///< see ChildPlan
    Inheritance inheritance;
};

/// The stack of a child, with a guard page below.
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

class SpawnPlace {
public:
    /// @param commons outlives the place; only `null` need be there yet.
    explicit SpawnPlace(const SpawnCommons& commons);

    /// The descriptors that a child needs.
    [[nodiscard]] std::array<int, 2> descriptors() const noexcept
    {
        return {connection_place_.get(), stderr_place_.get()};
    }
    [[nodiscard]] void* stack_top() const noexcept { return stack_.top(); }

    /// Writes all of `plan`, which is valid until the next prepare() and as long as `request`.
    /// @return 0, or the errno because of which nobody must be started
    [[nodiscard]] int prepare(const LaunchRequest& request, ChildPlan& plan) noexcept;
    /// The descriptors of `request` are no longer here. Not before the child has copied them.
    void clear(const LaunchRequest& request) noexcept;

private:
    void prepare_ids(const core::SpawnTemplate& base, ChildPlan& plan) const noexcept;
    [[nodiscard]] int place_descriptors(const LaunchRequest& request, ChildPlan& plan) noexcept;

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

/// Whether children tell that they have a descriptor table of their own.
enum class TellsCopy : bool { no, yes };

/// Opens what is in `commons` but for the inheritance, and `count` places in `places`: the lowest
/// numbers are theirs. Throws std::system_error or std::bad_alloc.
void make_places(SpawnCommons& commons, std::deque<SpawnPlace>& places, unsigned count,
                 TellsCopy tells);

} // namespace usherd::daemon
