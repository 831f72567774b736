// SPDX-License-Identifier: BSD-2-Clause
//
// usherctl drain: closes a service and waits until nothing of it runs any more.

#pragma once

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

/// The session outlives the app.
void add_drain_command(CLI::App& app, Session& session);

} // namespace usherd::ctl
