// SPDX-License-Identifier: BSD-2-Clause
//
// Which configured effects this release does not carry out. A service that uses one is out of
// service with a reason that names it: never started half.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config-parser/service_spec.h"

namespace usherd::core {

/// @return the reason, naming the attribute; nothing if all of the service's effects are there.
[[nodiscard]] std::optional<std::string> unsupported_effect(const config::ServiceSpec& spec);

/// What a service needs that an unprivileged daemon cannot give: another user.
/// @param own_uid of the daemon, which is not root.
/// @return the reason, naming the attribute; nothing if the daemon can serve it.
[[nodiscard]] std::optional<std::string> missing_privilege(const config::ServiceSpec& spec,
                                                           std::uint32_t own_uid);

} // namespace usherd::core
