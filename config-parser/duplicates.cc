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

DroppedService drop(const ServiceSpec& late, const ServiceSpec& early, Diagnostics& diagnostics)
{
    Diagnostic diagnostic;
    diagnostic.effect = Effect::service_dropped;
    diagnostic.location = late.location;
    diagnostic.length = static_cast<std::uint32_t>(std::string_view{"service"}.size());
    diagnostic.message = fmt::format("service '{}': {} is taken by service '{}'", late.id,
                                     to_string(late.endpoints.front()), early.id);
    diagnostic.service = late.id;
    DroppedService dropped{late.id, late.name, late.location, diagnostic.message};
    diagnostics.add(std::move(diagnostic));

    Diagnostic other;
    other.severity = Severity::note;
    other.location = early.location;
    other.length = static_cast<std::uint32_t>(std::string_view{"service"}.size());
    other.message = fmt::format("service '{}' stands here", early.id);
    other.service = early.id;
    diagnostics.add(std::move(other));
    return dropped;
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
            const auto owner = taken.find_conflict(spec.endpoints, spec.socket_type, spec.protocol);
            if (owner) {
                dropped.push_back(drop(spec, *kept[*owner], diagnostics));
                continue;
            }
            taken.add(spec.endpoints, spec.socket_type, spec.protocol, kept.size());
        }
        kept.push_back(std::move(service));
    }
    services = std::move(kept);
}

} // namespace usherd::config
