// SPDX-License-Identifier: BSD-2-Clause
//
// GET /v1/explain: asks of a service what the Gatekeeper would ask, and counts nothing.

#pragma once

#include <variant>

#include "daemon/control/request.h"
#include "daemon/control/trace.h"
#include "daemon/server.h"

namespace usherd::daemon {

[[nodiscard]] std::variant<control::TraceList, control::Error>
explain(const Server& server, const control::GetExplain& request);

} // namespace usherd::daemon
