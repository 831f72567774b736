// SPDX-License-Identifier: BSD-2-Clause
//
// What a reload changes, as a value: computed here from the services that run and those that the
// files now describe, carried out by the daemon, printed by a dry run. Pure.
//
// A running service and a configured one are the same if their ids are equal and what xinetd calls
// its identity is: UNLISTED, INTERNAL, RPC and INTERCEPT, wait, protocol, socket type and port.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config-parser/load.h"

namespace usherd::core {

enum class StopReason { removed, changed_identity };

struct ReloadPlan {
    struct Keep {
        std::size_t running; ///< index into the running services
        config::SpecPointer spec;
    };
    struct Stop {
        std::size_t running;
        StopReason reason;
    };
    struct Stale {
        std::size_t running;
        std::string why; ///< what is wrong with its new text
    };
    std::vector<Keep>
        unchanged;            ///< same settings; the spec is new (places in files may have moved)
    std::vector<Keep> adjust; ///< other settings, the same sockets: nobody in a backlog is lost
    std::vector<Keep> rebind; ///< other addresses
    std::vector<Stale> stale; ///< runs on as it was
    std::vector<Stop> stop;
    std::vector<config::SpecPointer> start;
};

/// A service that runs, and the file it was read from.
struct RunningService {
    config::SpecPointer spec;
    std::string file;
};

/// @param running in the daemon's order; of several equal ones each configured one takes the first.
[[nodiscard]] ReloadPlan plan_reload(std::span<const RunningService> running,
                                     const config::LoadResult& wanted);

/// True if a reload may turn one into the other without dropping the service.
[[nodiscard]] bool same_identity(const config::ServiceSpec& left, const config::ServiceSpec& right);

} // namespace usherd::core
