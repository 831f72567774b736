// SPDX-License-Identifier: BSD-2-Clause
//
// What a service has only once something has come of it: counts, measures, sockets that are lent,
// datagrams, a timer. Made with the first need, so that an idle service costs one pointer for it.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <sys/types.h>
#include <vector>

#include "access-control/cps_gate.h"
#include "access-control/decision.h"
#include "access-control/source_counter.h"
#include "daemon/control/activity.h"
#include "daemon/core/histogram.h"
#include "daemon/core/spawn_plan.h"
#include "daemon/internal_datagram.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

/// Totals since the service came up; a reload that keeps the service keeps them.
struct ServiceCounts {
    std::uint64_t accepted = 0; ///< admitted connections and datagrams
    std::uint64_t started = 0;  ///< servers
    std::array<std::uint64_t, access::reason_count> refused{}; ///< by access::Reason

    [[nodiscard]] std::uint64_t refused_in_all() const noexcept;
};

/// What happened to a service last.
struct LastEvent {
    control::Time at;
    control::EventKind kind = control::EventKind::unknown;
    access::Reason reason = access::Reason::allowed; ///< of a refusal
};

/// What metrics tell of a service's handlers.
struct ServiceMeasures {
    core::Histogram<core::LatencyBounds> start_latency; ///< from accept() to exec
    core::Histogram<core::DurationBounds> duration;
    std::map<int, std::uint64_t> exits; ///< by wait status; @see waitpid(2)
    std::uint64_t relayed_in = 0;       ///< bytes, of redirect
    std::uint64_t relayed_out = 0;
};

/// A socket of a wait service that a server holds.
struct LentSocket {
    int socket;
    pid_t holder; ///< -1 while its server is being started
};

/// Belongs to one Service, which alone changes it. Dies before the sockets that it reads.
struct ServiceWork {
    access::SourceCounter counter;
    access::CpsGate gate;
    ServiceCounts counts;
    std::optional<LastEvent> last_event;
    std::unique_ptr<ServiceMeasures> measures;                 ///< made with the first handler
    std::shared_ptr<const core::SpawnTemplate> spawn_template; ///< made with the first server
    std::vector<LentSocket> lent;
    /// When the log was told that no descriptor is left.
    std::chrono::steady_clock::time_point out_of_descriptors_logged{-std::chrono::hours(1)};
    std::optional<access::Peer> last_refused; ///< datagram services: logged once a minute
    std::chrono::steady_clock::time_point last_refused_at;
    std::vector<std::unique_ptr<InternalDatagram>> datagrams;
    /// Stopped inside their own callback; destroyed when sockets open again.
    std::vector<std::unique_ptr<InternalDatagram>> retired;
    std::unique_ptr<sys::Timer> timer; ///< end of a hold-off or delay; made when first needed
};

} // namespace usherd::daemon
