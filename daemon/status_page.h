// SPDX-License-Identifier: BSD-2-Clause
//
// The status page as it is in the tree; `@NONCE@` stands for the nonce of its Content-Security-
// Policy.

#pragma once

#include <string_view>

namespace usherd::daemon {

[[nodiscard]] std::string_view status_page() noexcept;

} // namespace usherd::daemon
