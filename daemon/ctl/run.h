// SPDX-License-Identifier: BSD-2-Clause
//
// The command line of usherctl: global options, one command, an exit status.

#pragma once

#include <cstdio>

#include "daemon/ctl/exit_status.h"

namespace usherd::ctl {

/// @param out, err borrowed for the call: what a command answers, and complaints.
[[nodiscard]] ExitStatus run(int argc, const char* const* argv, std::FILE* out, std::FILE* err);

} // namespace usherd::ctl
