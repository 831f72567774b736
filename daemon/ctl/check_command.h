// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl check`: the linter. Needs no daemon.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// @param session outlives the parsing of the command line. @see usherctl(8), check
void add_check_command(CLI::App& app, Session& session);

} // namespace usherd::ctl
