// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl convert`: one configuration syntax to another. Needs no daemon.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// @param session outlives the parsing of the command line. @see usherctl(8), convert
void add_convert_command(CLI::App& app, Session& session);

} // namespace usherd::ctl
