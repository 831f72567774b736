// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/service_state.h"

#include <array>

namespace usherd::core {

std::string_view name(const ServiceState& state) noexcept
{
    static constexpr std::array<std::string_view, 6> names{
        "active", "suspended", "handed over", "out of service", "disabled", "draining"};
    return names.at(state.index());
}

std::string_view status_name(const ServiceState& state) noexcept
{
    static constexpr std::array<std::string_view, 6> names{
        "active", "suspended", "handed_over", "out_of_service", "disabled", "draining"};
    return names.at(state.index());
}

bool is_closed_by_hand(const ServiceState& state) noexcept
{
    return std::holds_alternative<Disabled>(state) || std::holds_alternative<Draining>(state);
}

ServiceState on_server_exit(ServiceState state, pid_t pid)
{
    const auto* lent = std::get_if<HandedOver>(&state);
    return lent != nullptr && lent->holder == pid ? ServiceState{Listening{}} : std::move(state);
}

} // namespace usherd::core
