// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl explain`: why a client would come in or not. Asks the daemon, or the files.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// @param session outlives the parsing of the command line. @see usherctl(8), explain
void add_explain_command(CLI::App& app, Session& session);

} // namespace usherd::ctl
