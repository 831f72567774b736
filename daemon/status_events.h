// SPDX-License-Identifier: BSD-2-Clause
//
// GET /v1/events: the events of the ring, one JSON object in a line, and with follow those to come.
// Whoever reads too slowly to keep up with the ring is told so, and that is the end of it.

#pragma once

#include <memory>

#include "daemon/control/request.h"
#include "daemon/core/event_ring.h"
#include "daemon/http_server.h"

namespace usherd::daemon {

/// @param ring outlives it. @param filter of `request`, with its source understood.
[[nodiscard]] std::unique_ptr<HttpBody> event_lines(const core::EventRing& ring,
                                                    const control::GetEvents& request,
                                                    core::EventFilter filter);

} // namespace usherd::daemon
