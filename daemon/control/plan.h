// SPDX-License-Identifier: BSD-2-Clause
//
// What a reload changes, in words: the answer of POST /v1/reload. @see usherd-status(7)

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/status.h"

namespace usherd::control {

struct PlanDiagnostic {
    std::string severity; ///< note, debug, info, warning, error, critical
    Place place;
    std::string message;
    std::optional<std::string> suggestion;
    std::optional<std::string> service; ///< id

    bool operator==(const PlanDiagnostic&) const = default;
};

struct AttributeChange {
    std::string attribute;
    std::string from; ///< empty: not set
    std::string to;

    bool operator==(const AttributeChange&) const = default;
};

struct AddedService {
    std::string id;
    std::vector<std::string> addresses;
    Place place;

    bool operator==(const AddedService&) const = default;
};

struct ChangedService {
    std::string id;
    std::vector<AttributeChange> changes;
    std::string listener;       ///< kept, rebound: handlers of a rebound service are killed
    std::uint64_t sessions = 0; ///< handlers that run now

    bool operator==(const ChangedService&) const = default;
};

struct RemovedService {
    std::string id;
    std::string why;            ///< removed, changed_identity (then it is among the added, too)
    std::uint64_t sessions = 0; ///< handlers that are killed

    bool operator==(const RemovedService&) const = default;
};

struct StaleService {
    std::string id;
    std::string why;

    bool operator==(const StaleService&) const = default;
};

/// With 200: what was done, or with dry_run what would be. With 409 nothing was changed, and
/// `error` and `message` are those of every error.
struct ReloadAnswer {
    std::optional<std::string> error;   ///< reload_refused
    std::optional<std::string> message; ///< why nothing is changed
    bool dry_run = false;
    bool applied = false;
    std::vector<AddedService> added;
    std::vector<ChangedService> changed;
    std::vector<RemovedService> removed;
    std::vector<StaleService> stale; ///< run on with their last good settings
    std::uint64_t unchanged = 0;
    std::uint64_t errors = 0; ///< diagnostics, kept or not
    std::uint64_t warnings = 0;
    std::vector<PlanDiagnostic> diagnostics; ///< at most 1,000

    bool operator==(const ReloadAnswer&) const = default;
};

} // namespace usherd::control
