// SPDX-License-Identifier: BSD-2-Clause
//
// GET /metrics: what the daemon and its services count, in the text format of Prometheus, some
// services a loop turn. @see usherd-status(7), METRICS

#pragma once

#include <memory>

#include "daemon/control/status.h"
#include "daemon/http_server.h"
#include "daemon/loop_lag.h"
#include "daemon/server.h"

namespace usherd::daemon {

/// @param server, lag outlive the answer.
[[nodiscard]] std::unique_ptr<HttpBody> metrics_text(const Server& server, const LoopLag& lag,
                                                     control::Time started);

} // namespace usherd::daemon
