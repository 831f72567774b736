// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl status`, `services`, `show`, `metrics`: what the daemon is and has.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// @param session outlives the parsing of the command line. @see usherctl(8)
void add_show_commands(CLI::App& app, Session& session);

} // namespace usherd::ctl
