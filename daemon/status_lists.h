// SPDX-License-Identifier: BSD-2-Clause
//
// Long answers in pieces: a list of ten thousand services is written two hundred a loop turn, so
// that clients of the services do not wait for it.

#pragma once

#include <memory>

#include "daemon/control/status.h"
#include "daemon/http_server.h"
#include "daemon/server.h"

namespace usherd::daemon {

/// GET /v1/services: those there are now, each as it is when its turn comes.
/// @param server outlives the answer.
[[nodiscard]] std::unique_ptr<HttpBody> service_list(const Server& server);

/// GET /v1/connections
[[nodiscard]] std::unique_ptr<HttpBody> connection_list(control::ConnectionList list);

} // namespace usherd::daemon
