// SPDX-License-Identifier: BSD-2-Clause
//
// The launcher with threads: 1 to 4 spawn workers, each of which sleeps inside
// clone(CLONE_VM | CLONE_VFORK) while its child execs. It needs nothing of the processor's
// architecture, and it is what a valgrind can follow.

#pragma once

#include <memory>

#include "daemon/launcher.h"

namespace usherd::daemon {

/// As make_launcher(). @param workers 1 to most_spawn_workers.
[[nodiscard]] std::unique_ptr<Launcher>
make_threaded_launcher(sys::EventLoop& loop, unsigned workers, ReportReceiver& receiver);

} // namespace usherd::daemon
