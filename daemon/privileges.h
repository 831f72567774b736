// SPDX-License-Identifier: BSD-2-Clause
//
// What a daemon of root's may do that it has no use for, and gives up before it listens to anybody.

#pragma once

#include "daemon/options.h"
#include "daemon/sys/result.h"

namespace usherd::daemon {

/// Gives up root's capabilities but for those that some service may take: other ids, ports below
/// 1024, limits and priorities, files and processes of others. The bounding set stays, so a handler
/// that runs as root has what root has. Without root, and in a build without libcap-ng, nothing
/// happens. To be called before there are other threads: each has its own.
/// @see capabilities(7)
[[nodiscard]] sys::Result<void> give_up_capabilities() noexcept;

/// Neither the daemon nor any process that comes of it gains anything by execve(2) from now on: no
/// ids, no capabilities. A handler that runs as root keeps those that the daemon has. To be called
/// before there are other threads: each has its own. Cannot be taken back.
/// @see prctl(2), PR_SET_NO_NEW_PRIVS
[[nodiscard]] sys::Result<void> forbid_new_privileges() noexcept;

/// The memory of the daemon is nobody's to dump or to trace, unless he is root; handlers are as
/// dumpable as ever. Without root nothing happens: an own daemon is one's own to look at.
/// @see prctl(2), PR_SET_DUMPABLE
void forbid_core_dumps() noexcept;

/// All of these, as the options say.
[[nodiscard]] sys::Result<void> give_up_privileges(const Options& options) noexcept;

} // namespace usherd::daemon
