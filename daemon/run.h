// SPDX-License-Identifier: BSD-2-Clause
//
// From options to exit status: puts the process in order, makes the loop, the log and the server,
// and connects signals, the supervisor's notifications and reloads with them.

#pragma once

#include "daemon/options.h"

namespace usherd::daemon {

/// @return the exit status of the process. @see usherd(8), EXIT STATUS
[[nodiscard]] int run(Options options);

/// --check: prints every diagnostic to stdout. Needs neither root nor sockets.
/// @return 0 clean, 1 warnings only (strict), 2 errors
[[nodiscard]] int check(const Options& options);

/// --list-attributes
[[nodiscard]] int list_attributes();

} // namespace usherd::daemon
