// SPDX-License-Identifier: BSD-2-Clause
//
// What the daemon's process is, before it does anything.

#pragma once

#include "daemon/core/spawn_plan.h"

namespace usherd::daemon {

/// What handlers inherit. Raises our own soft limit of open files to the hard one and settles the
/// umask; so to be called once, first of all.
[[nodiscard]] core::DaemonTraits prepare_process();

} // namespace usherd::daemon
