// SPDX-License-Identifier: BSD-2-Clause
//
// The tcp_wrappers helper: this program once more, started by the daemon (wrapper_link.h) under a
// name of its own, because judging a client by tcp_wrappers may take long, run commands, and leave
// the process as it was never meant to be. The only file that knows libwrap.
//
// Questions by address alone are answered on the spot. Any other gets a process of its own, which
// has first become what the service's server would be: a child of the daemon, not of the helper, so
// that the daemon sees how it ends. It answers through its pipe, or a `twist` command takes its
// place, and the pipe closes without an answer.

#pragma once

namespace usherd::daemon {

/// True if this process was started as the helper.
[[nodiscard]] bool is_wrapper_process(int argc, char** argv) noexcept;
/// Serves until the daemon closes its end. @return the exit status.
int run_wrapper_process(int argc, char** argv);

/// argv[0] of the helper; the program's name in syslog and the shifted facility (empty: none, the
/// daemon does not log there itself) follow.
inline constexpr const char* wrapper_process_name = "usherd-wrappers";
/// The descriptor on which the helper finds its socket.
inline constexpr int wrapper_process_socket = 3;

} // namespace usherd::daemon
