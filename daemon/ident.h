// SPDX-License-Identifier: BSD-2-Clause
//
// USERID and IDONLY: asks the ident server of a client's host whose the connection is (RFC 1413).
// In the loop, in bounded number and time; what is said is parsed by core/ident_reply.h. Keeps the
// connection until it knows.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "daemon/core/ident_reply.h"
#include "daemon/gatekeeper.h"
#include "daemon/provoked_log.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

/// `user` is the client's word, unescaped; if there is none, `failure` says why.
struct Identity {
    std::optional<std::string> user;
    core::IdentFailure failure = core::IdentFailure::system_error;
};

/// A service whose clients are asked about.
class IdentOwner {
public:
    virtual ~IdentOwner() = default;
    /// @param slot as given to ask(): none for a client that has been refused
    virtual void on_identified(Arrival arrival, std::optional<access::Slot> slot,
                               const Identity& identity) noexcept = 0;
};

class IdentQueries {
public:
    struct Limits {
        std::size_t admitted = 1024; ///< clients that wait to be served
        std::size_t refused = 15;    ///< clients that only the log wants to know of: -logprocs
        std::chrono::milliseconds patience{5000}; ///< of a query as a whole
        std::uint16_t port = 113;
    };

    /// Both outlive it.
    IdentQueries(sys::EventLoop& loop, ProvokedLog& log, Limits limits);
    ~IdentQueries();
    IdentQueries(const IdentQueries&) = delete;
    IdentQueries& operator=(const IdentQueries&) = delete;

    /// Reports to `owner`, now or later. @param service its id, for messages
    /// @param arrival has a socket @param slot none: the client has been refused
    void ask(IdentOwner& owner, const std::string& service, Arrival arrival,
             std::optional<access::Slot> slot) noexcept;
    /// Drops the clients of an owner that goes away.
    void forget(const IdentOwner& owner) noexcept;
    /// Slots that are held for it here.
    [[nodiscard]] std::size_t slots_of(const IdentOwner& owner) const noexcept;
    [[nodiscard]] std::size_t pending() const noexcept { return queries_.size(); }

private:
    class Query;
    void finish(Query& query, const Identity& identity) noexcept;
    void clear_finished() noexcept;

    sys::EventLoop& loop_;
    ProvokedLog& log_;
    Limits limits_;
    std::size_t refused_ = 0; ///< of queries_, those without a slot
    std::list<Query> queries_;
    std::list<Query> finished_; ///< may not die in their own callback
    sys::Deferred clear_;
};

} // namespace usherd::daemon
