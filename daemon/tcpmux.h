// SPDX-License-Identifier: BSD-2-Clause
//
// The internal service tcpmux (RFC 1078): waits in the loop for the line that names a service, and
// hands the connection on. Which service that is, and whether the client may have it, is decided
// elsewhere. What the client sent behind the line stays in the socket, for the server.
//
//   reading --line--> handed on      reading --end, bad line, deadline--> closed

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <vector>

#include "access-control/source_counter.h"
#include "config-parser/service_spec.h"
#include "daemon/gatekeeper.h"
#include "daemon/internal_stream.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class TcpmuxRouter {
public:
    virtual ~TcpmuxRouter() = default;
    /// @param arrival with the slot of the tcpmux service in `through`: it is given back when the
    /// connection is over. @param name from the client, any bytes but CR and LF.
    virtual void on_tcpmux_request(Arrival arrival, std::string_view name) noexcept = 0;
};

/// Owns the connections whose line has not come yet. Destroyed, it closes them without a report.
class TcpmuxSessions {
public:
    /// A client that has not said its line by then is dropped.
    static constexpr std::chrono::seconds deadline{30};
    /// Beyond so many clients that say nothing the one that waits longest is dropped.
    static constexpr std::size_t max_waiting = 1024;

    /// All outlive it.
    TcpmuxSessions(sys::EventLoop& loop, SessionObserver& observer, TcpmuxRouter& router);
    ~TcpmuxSessions();
    TcpmuxSessions(const TcpmuxSessions&) = delete;
    TcpmuxSessions& operator=(const TcpmuxSessions&) = delete;

    /// Logs nothing: START is the caller's, EXIT follows from on_session_end().
    void start(Arrival arrival, std::shared_ptr<const config::ServiceSpec> spec, access::Slot slot,
               std::uint64_t owner) noexcept;

    /// As InternalSessions. @return how many
    std::size_t end(std::uint64_t owner) noexcept;
    std::size_t end_all() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return sessions_.size(); }
    [[nodiscard]] std::vector<SessionFacts> list() const;

private:
    class Session;
    using Sessions = std::list<Session>;

    /// Out of sessions_ and reported; the object lives on to the end of the turn.
    void finish(Sessions::iterator session, int wait_status) noexcept;
    void clear() noexcept;

    sys::EventLoop& loop_;
    SessionObserver& observer_;
    TcpmuxRouter& router_;
    Sessions sessions_; ///< oldest first
    Sessions finished_; ///< a session may not die in its own callback
    // After the lists, which it looks at when it runs.
    sys::Deferred clear_;
};

} // namespace usherd::daemon
