// SPDX-License-Identifier: BSD-2-Clause
//
// The administrator's files of names: short, regular, read as a whole.

#pragma once

#include <cstddef>
#include <string>

#include "daemon/sys/result.h"

namespace usherd::sys {

/// The text of a regular file; what comes after the first `max_bytes`, rounded up to whole blocks,
/// is left out. Never waits for whoever puts a FIFO in its place.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, std::size_t max_bytes);

} // namespace usherd::sys
