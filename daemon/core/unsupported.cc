// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/unsupported.h"

#include <fmt/format.h>

#include "daemon/core/address_filter.h"

namespace usherd::core {

std::optional<std::string> unsupported_effect(const config::ServiceSpec& spec)
{
    if (needs_address_filter(spec))
        return why_not_filtered(spec);
    return std::nullopt;
}

std::optional<std::string> missing_privilege(const config::ServiceSpec& spec, std::uint32_t own_uid)
{
    // Internal services change no ids.
    if (spec.is_internal() || !spec.process->user || spec.process->user->uid == own_uid)
        return std::nullopt;
    return fmt::format("user = {} takes a daemon that runs as root", spec.process->user->text);
}

} // namespace usherd::core
