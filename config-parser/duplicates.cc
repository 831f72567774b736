// SPDX-License-Identifier: BSD-2-Clause
//
// Two services, one address. Which of such pairs are dropped here is xinetd's choice; of the others
// the later one finds its address taken when it is opened.

#include <algorithm>
#include <utility>

#include "config-parser/attribute_table.h"
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

bool is_given(const ServiceSpec& spec, std::string_view attribute)
{
    const auto row = find_attribute(attribute);
    return row && spec.origin_of(*row).has_value();
}

/// xinetd compares with services that have a bind address, and only addresses that are equal.
bool is_seen_by_xinetd(const ServiceSpec& early, const ServiceSpec& late)
{
    if (is_given(early, "listen") || is_given(late, "listen"))
        return true; // it has no such services, nor a reason to try in vain
    const auto* first = std::get_if<InetEndpoint>(&early.endpoints.front());
    const auto* second = std::get_if<InetEndpoint>(&late.endpoints.front());
    if (first == nullptr || second == nullptr)
        return true;
    const bool same = first->family == second->family && first->address == second->address;
    return !early.settings->bind_text.empty() && (late.settings->bind_text.empty() || same);
}

/// The later service stays, and fails to bind.
void foretell(const ServiceSpec& late, const Endpoint& place, const ServiceSpec& early,
              Diagnostics& diagnostics)
{
    Diagnostic diagnostic = about(late, Severity::error,
                                  fmt::format("{} is taken by service '{}', so it will not start",
                                              to_string(place), early.id));
    diagnostic.unknown_to_xinetd = true;
    diagnostics.add(std::move(diagnostic));
    diagnostics.add(pointer_to(early));
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
    Diagnostic diagnostic = about(late, Severity::warning,
                                  fmt::format("service '{}' has {} too, and gets no datagrams: "
                                              "they go to the later one",
                                              early.id, to_string(place)));
    diagnostic.unknown_to_xinetd = true;
    diagnostics.add(std::move(diagnostic));
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
        if (const auto owner =
                (taken.*question)({&endpoint, 1}, spec.socket_type, spec.settings->protocol))
            return {&endpoint, *owner};
    return {};
}

} // namespace

void check_duplicates(std::vector<SpecPointer>& services, std::vector<DroppedService>& dropped,
                      Diagnostics& diagnostics)
{
    PortTable taken;
    taken.reserve(services.size());
    std::vector<SpecPointer> kept;
    kept.reserve(services.size());
    for (SpecPointer& service : services) {
        const ServiceSpec& spec = *service;
        if (has_fixed_place(spec)) {
            if (const Finding found = first_finding(taken, &PortTable::find_conflict, spec)) {
                const ServiceSpec& early = *kept[found.owner];
                if (is_seen_by_xinetd(early, spec)) {
                    dropped.push_back(drop(spec, *found.place, early, diagnostics));
                    continue;
                }
                foretell(spec, *found.place, early, diagnostics);
                kept.push_back(std::move(service));
                continue;
            }
            if (const Finding found = first_finding(taken, &PortTable::find_shadowed, spec))
                warn(spec, *found.place, *kept[found.owner], diagnostics);
            taken.add(spec.endpoints, spec.socket_type, spec.settings->protocol, kept.size());
        }
        kept.push_back(std::move(service));
    }
    services = std::move(kept);
}

} // namespace usherd::config
