// SPDX-License-Identifier: BSD-2-Clause
//
// Why a client would come in or not: each check in order, as GET /v1/explain and `usherctl explain`
// show it. @see usherd-status(7)

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/status.h"

namespace usherd::control {

/// The rule that decided a check.
struct TraceRule {
    std::string text;           ///< as written: `192.0.2.0/24`
    std::optional<Place> place; ///< where; absent if the place is not known

    bool operator==(const TraceRule&) const = default;
};

struct TraceStep {
    std::string check;   ///< ban, rate, load, time, service_limit, … in the order of the decision
    std::string verdict; ///< pass, refuse, skip (does not apply), unknown, not_reached
    std::string text;    ///< one line for people
    std::optional<double> used; ///< with a limit: `used` of `limit`
    std::optional<double> limit;
    std::optional<TraceRule> rule;

    bool operator==(const TraceStep&) const = default;
};

/// @param text what config-parser says of a step, of which nothing is known here but its members.
/// @param place_of makes a Place of its location.
template <typename StepText, typename PlaceOf>
[[nodiscard]] TraceStep to_step(const StepText& text, const PlaceOf& place_of)
{
    TraceStep step{text.check, text.verdict, text.text, text.used, text.limit, {}};
    if (text.rule || text.location) {
        step.rule = TraceRule{text.rule.value_or(text.check), {}};
        if (text.location)
            step.rule->place = place_of(*text.location);
    }
    return step;
}

struct Trace {
    std::string service; ///< id
    std::string from;
    std::optional<std::string> host_name; ///< that rules were matched with
    Time at;
    bool live = false; ///< counts are those of the running daemon
    std::vector<TraceStep> steps;
    bool admitted = false;
    std::string reason; ///< `allowed`, or the reason of the refusal

    bool operator==(const Trace&) const = default;
};

/// A service id may be that of several services.
struct TraceList {
    std::vector<Trace> traces;

    bool operator==(const TraceList&) const = default;
};

} // namespace usherd::control
