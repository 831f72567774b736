// SPDX-License-Identifier: BSD-2-Clause
//
// Into the background, and how the one who started us learns whether that went well.

#pragma once

#include <string_view>
#include <utility>

#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// Closes every descriptor from `first` on (3, or behind those of the supervisor) at a cost that
/// does not depend on the limit of open files; fd 0 and 1 become /dev/null, 2 does if it is closed.
[[nodiscard]] sys::Result<void> prepare_descriptors(int first);

/// The background process's word to the parent that waits in daemonise().
/// Dying without a word is a failure, too.
class StartReport {
public:
    StartReport() = default; ///< nobody waits: both calls do nothing
    explicit StartReport(sys::UniqueFd pipe) noexcept : pipe_(std::move(pipe)) {}

    /// The parent exits with 0.
    void succeeded() noexcept;
    /// The parent writes `message` (if any) and LF to its stderr and exits with `exit_status`.
    void failed(int exit_status, std::string_view message) noexcept;

private:
    void send(int exit_status, std::string_view message) noexcept;

    sys::UniqueFd pipe_;
};

/// fork, setsid, fd 2 to /dev/null. Returns in the child only; the parent waits for the report and
/// exits. To be called before there are threads or an event loop.
[[nodiscard]] sys::Result<StartReport> daemonise();

} // namespace usherd::daemon
