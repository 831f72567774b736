// SPDX-License-Identifier: BSD-2-Clause
//
// The internal services over accepted connections (TCP, UNIX stream), driven by the loop. echo,
// discard and chargen are live sessions with a bounded buffer each and back-pressure; daytime and
// time answer at once and are over. @see core/internal_content.h for what they say

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "access-control/ip_address.h"
#include "access-control/source_counter.h"
#include "config-parser/service_spec.h"
#include "daemon/core/internal_content.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// A session as the log and the status know it.
struct SessionFacts {
    core::InternalService kind{};
    std::shared_ptr<const config::ServiceSpec> spec;
    std::optional<access::Peer> peer;
    std::uint64_t owner = 0; ///< the caller's word for the service, as given to start()
    std::chrono::steady_clock::time_point started_at;
    /// Once it has ended: 0, or SIGTERM where end() ended it; as from waitpid(2), for EXIT.
    int wait_status = 0;
};

class SessionObserver {
public:
    virtual ~SessionObserver() = default;
    /// In the loop; the connection is closed and its Slot has been given back. May start sessions
    /// and end others.
    virtual void on_session_end(const SessionFacts& session) noexcept = 0;
};

/// A session that goes on, or one that is over and will not be reported (core::is_inline).
enum class SessionState : std::uint8_t { running, finished };

/// Owns the live sessions. Destroyed, it closes them without a report; not from a callback.
class InternalSessions {
public:
    /// Both outlive it.
    InternalSessions(sys::EventLoop& loop, SessionObserver& observer);
    ~InternalSessions();
    InternalSessions(const InternalSessions&) = delete;
    InternalSessions& operator=(const InternalSessions&) = delete;

    /// Serves `connection`, in whatever mode it is. Logs nothing: START is the caller's, with pid 0
    /// for core::is_inline and the daemon's pid otherwise.
    SessionState start(core::InternalService kind, sys::UniqueFd connection,
                       std::shared_ptr<const config::ServiceSpec> spec, access::Slot slot,
                       const std::optional<access::Peer>& peer, std::uint64_t owner = 0) noexcept;

    /// Ends the sessions of a service (as SIGTERM ends a server); reported from the loop.
    /// @return how many
    std::size_t end(std::uint64_t owner) noexcept;
    /// Ends all of them.
    std::size_t end_all() noexcept;

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::vector<SessionFacts> list() const;

private:
    class Session;
    using Sessions = std::list<Session>;

    /// Out of sessions_, to be reported at the end of the turn. @return the one behind it
    Sessions::iterator finish(Sessions::iterator session, int wait_status) noexcept;
    void report() noexcept;

    sys::EventLoop& loop_;
    SessionObserver& observer_;
    Sessions sessions_;
    Sessions finished_;
    // After the lists, which it looks at when it runs.
    sys::Deferred report_;
};

} // namespace usherd::daemon
