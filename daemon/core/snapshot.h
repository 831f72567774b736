// SPDX-License-Identifier: BSD-2-Clause
//
// What is known about a service, as the status socket tells it. Pure.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access-control/decision.h"
#include "config-parser/diagnostic.h"
#include "config-parser/service_spec.h"
#include "daemon/control/status.h"
#include "daemon/core/service_state.h"

namespace usherd::core {

/// A service at one moment; all borrowed.
struct ServiceFacts {
    const config::ServiceSpec& spec;
    const config::Sources& sources; ///< names of the files that the spec's places refer to
    const ServiceState& state;
    std::string_view stale; ///< empty: it is not
    std::uint64_t key = 0;
    std::uint32_t running = 0;
    std::uint64_t accepted = 0;
    std::uint64_t started = 0;
    const std::array<std::uint64_t, access::reason_count>& refused;
    std::optional<control::LastEvent> last_event;
};

[[nodiscard]] control::ServiceSummary summarise(const ServiceFacts& facts);

/// Every attribute that has a value, in the order of the attribute table.
[[nodiscard]] std::vector<control::AttributeValue>
effective_attributes(const config::ServiceSpec& spec, const config::Sources& sources);

/// program, internal or redirect.
[[nodiscard]] std::string kind_of(const config::ServiceSpec& spec);

/// Reasons that occurred, with how often.
[[nodiscard]] control::CountByName
count_by_reason(const std::array<std::uint64_t, access::reason_count>& refused);

[[nodiscard]] control::Place to_place(const config::SourceLocation& location,
                                      const config::Sources& sources);

} // namespace usherd::core
