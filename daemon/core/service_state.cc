// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/service_state.h"

#include <array>

namespace usherd::core {

std::string_view name(const ServiceState& state) noexcept
{
    static constexpr std::array<std::string_view, 5> names{"active", "suspended", "handed over",
                                                           "out of service", "disabled"};
    return names.at(state.index());
}

std::string_view status_name(const ServiceState& state) noexcept
{
    static constexpr std::array<std::string_view, 5> names{"active", "suspended", "handed_over",
                                                           "out_of_service", "disabled"};
    return names.at(state.index());
}

ServiceState on_server_exit(ServiceState state, pid_t pid)
{
    const auto* lent = std::get_if<HandedOver>(&state);
    return lent != nullptr && lent->holder == pid ? ServiceState{Listening{}} : std::move(state);
}

} // namespace usherd::core
