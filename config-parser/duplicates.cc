// SPDX-License-Identifier: BSD-2-Clause
//
// Two services, one address.

#include <utility>

#include "config-parser/port_table.h"
#include "config-parser/validate.h"

namespace usherd::config {

namespace {

/// RPC services have ports of the kernel's choice, TCPMUX services none.
bool has_fixed_place(const ServiceSpec& spec)
{
    return !spec.types.has(ServiceType::rpc) && !spec.endpoints.empty();
}

Diagnostic about(const ServiceSpec& spec, Severity severity, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.location = spec.location;
    diagnostic.length = static_cast<std::uint32_t>(std::string_view{"service"}.size());
    diagnostic.message = fmt::format("service '{}': {}", spec.id, message);
    diagnostic.service = spec.id;
    return diagnostic;
}

Diagnostic pointer_to(const ServiceSpec& early)
{
    return about(early, Severity::note, "the other one stands here");
}

/// @param place of `late`, which `early` has
DroppedService drop(const ServiceSpec& late, const Endpoint& place, const ServiceSpec& early,
                    Diagnostics& diagnostics)
{
    Diagnostic diagnostic =
        about(late, Severity::error,
              fmt::format("{} is taken by service '{}'", to_string(place), early.id));
    diagnostic.effect = Effect::service_dropped;
    DroppedService dropped{late.id, late.name, late.location, diagnostic.message};
    diagnostics.add(std::move(diagnostic));
    diagnostics.add(pointer_to(early));
    return dropped;
}

void warn(const ServiceSpec& late, const Endpoint& place, const ServiceSpec& early,
          Diagnostics& diagnostics)
{
    diagnostics.add(about(late, Severity::warning,
                          fmt::format("service '{}' has {} too, and gets no datagrams: they go to "
                                      "the later one",
                                      early.id, to_string(place))));
    diagnostics.add(pointer_to(early));
}

using Question = std::optional<PortTable::Owner> (PortTable::*)(std::span<const Endpoint>,
                                                                SocketType, const Protocol&) const;

struct Finding {
    const Endpoint* place = nullptr;
    PortTable::Owner owner = 0;

    explicit operator bool() const noexcept { return place != nullptr; }
};

/// The first endpoint of `spec` for which `question` has an owner.
Finding first_finding(const PortTable& taken, Question question, const ServiceSpec& spec)
{
    for (const Endpoint& endpoint : spec.endpoints)
        if (const auto owner = (taken.*question)({&endpoint, 1}, spec.socket_type, spec.protocol))
            return {&endpoint, *owner};
    return {};
}

} // namespace

void check_duplicates(std::vector<SpecPointer>& services, std::vector<DroppedService>& dropped,
                      Diagnostics& diagnostics)
{
    PortTable taken;
    std::vector<SpecPointer> kept;
    kept.reserve(services.size());
    for (SpecPointer& service : services) {
        const ServiceSpec& spec = *service;
        if (has_fixed_place(spec)) {
            if (const Finding found = first_finding(taken, &PortTable::find_conflict, spec)) {
                dropped.push_back(drop(spec, *found.place, *kept[found.owner], diagnostics));
                continue;
            }
            if (const Finding found = first_finding(taken, &PortTable::find_shadowed, spec))
                warn(spec, *found.place, *kept[found.owner], diagnostics);
            taken.add(spec.endpoints, spec.socket_type, spec.protocol, kept.size());
        }
        kept.push_back(std::move(service));
    }
    services = std::move(kept);
}

} // namespace usherd::config
