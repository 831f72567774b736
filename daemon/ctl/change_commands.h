// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl reload`, `enable`, `disable`, `kill`: what changes the daemon.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// @param session outlives the parsing of the command line. @see usherctl(8)
void add_change_commands(CLI::App& app, Session& session);

} // namespace usherd::ctl
