// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/service_state.h"

#include <array>

namespace usherd::core {

std::string_view name(const ServiceState& state) noexcept
{
    static constexpr std::array<std::string_view, 4> names{"active", "suspended", "handed over",
                                                           "out of service"};
    return names.at(state.index());
}

ServiceState on_server_exit(ServiceState state, pid_t pid)
{
    const auto* lent = std::get_if<HandedOver>(&state);
    return lent != nullptr && lent->holder == pid ? ServiceState{Listening{}} : std::move(state);
}

} // namespace usherd::core
