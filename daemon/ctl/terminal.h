// SPDX-License-Identifier: BSD-2-Clause
//
// What the stream that is printed to is: its width, and whether it takes colours.

#pragma once

#include "daemon/ctl/session.h"
#include "daemon/ctl/table.h"

namespace usherd::ctl {

/// Of a terminal its width, or COLUMNS; of other streams no limit.
[[nodiscard]] Style style_of(const Session& session);

} // namespace usherd::ctl
