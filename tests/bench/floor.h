// SPDX-License-Identifier: BSD-2-Clause
//
// What the floors share: a listening socket, and the cheapest way this system has to start a
// program on a connection. No checks, no log, no environment, no reaping: less than this cannot be
// had, so the distance to it is what a super-server costs.

#pragma once

#include <cstdint>

namespace usherd::bench {

/// Listens on 0.0.0.0:port with the kernel's largest backlog; ends the program if it cannot.
[[nodiscard]] int listen_on(const char* port);

/// Children vanish without being waited for.
void let_kernel_reap();

/// accept (blocking), clone(CLONE_VM | CLONE_VFORK), exec with the connection as 0, 1 and 2, for
/// ever. Each thread that runs it sleeps while its child execs.
[[noreturn]] void accept_and_spawn(int listener, const char* program);

/// What becomes of a child whose descriptors are in place: the duties that xinetd's users rely on,
/// umask, a limit, a session of its own, the directory, the signal mask, and a dozen variables.
[[noreturn]] void execute_with_duties(const char* program);

} // namespace usherd::bench
