// SPDX-License-Identifier: BSD-2-Clause
//
// tcp_wrappers: whether this host has rules. They are not carried out yet, and a client that they
// would refuse must not come in by that.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config-parser/service_spec.h"

namespace usherd::daemon {

/// True if `text`, a hosts_access(5) file, has a line that is neither blank nor a comment.
[[nodiscard]] bool has_rules(std::string_view text) noexcept;

/// Reads /etc/hosts.allow and /etc/hosts.deny. @return the first that has rules
[[nodiscard]] std::optional<std::string> find_wrapper_rules();

/// True if xinetd would ask tcp_wrappers about clients of this service.
[[nodiscard]] bool is_wrapped(const config::ServiceSpec& spec) noexcept;

} // namespace usherd::daemon
