// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl top`: services and sources, live, on the whole screen.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// @param session outlives the parsing of the command line. @see usherctl(8), top
void add_top_command(CLI::App& app, Session& session);

} // namespace usherd::ctl
