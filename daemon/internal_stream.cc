// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/internal_stream.h"

#include <csignal>
#include <ctime>

#include "daemon/internal_session.h"

namespace usherd::daemon {

namespace {

/// What does not fit into the socket's empty buffer is lost, as with xinetd: these few bytes do.
void answer_once(core::InternalService kind, int connection)
{
    const std::time_t now = std::time(nullptr);
    if (kind == core::InternalService::time) {
        (void)send_some(connection, core::time_bytes(now));
        return;
    }
    std::tm local{};
    ::localtime_r(&now, &local);
    (void)send_some(connection, core::daytime_text(local));
}

} // namespace

InternalSessions::InternalSessions(sys::EventLoop& loop, SessionObserver& observer)
    : loop_(loop), observer_(observer), report_(loop, sys::bind<&InternalSessions::report>(*this))
{
}

InternalSessions::~InternalSessions() = default;

SessionState InternalSessions::start(core::InternalService kind, sys::UniqueFd connection,
                                     std::shared_ptr<const config::ServiceSpec> spec,
                                     access::Slot slot, const std::optional<access::Peer>& peer,
                                     std::uint64_t owner) noexcept
{
    if (core::is_inline(kind, config::SocketType::stream)) {
        answer_once(kind, connection.get());
        return SessionState::finished;
    }
    SessionFacts facts{kind, std::move(spec), peer, owner, std::chrono::steady_clock::now(), 0};
    sessions_.emplace_front(*this, std::move(facts), std::move(connection), std::move(slot));
    sessions_.front().begin(sessions_.begin());
    return SessionState::running;
}

std::size_t InternalSessions::end(std::uint64_t owner) noexcept
{
    std::size_t ended = 0;
    for (auto session = sessions_.begin(); session != sessions_.end();) {
        if (session->facts.owner == owner) {
            session = finish(session, SIGTERM);
            ++ended;
        } else {
            ++session;
        }
    }
    return ended;
}

std::size_t InternalSessions::end_all() noexcept
{
    const std::size_t ended = sessions_.size();
    for (auto session = sessions_.begin(); session != sessions_.end();)
        session = finish(session, SIGTERM);
    return ended;
}

std::size_t InternalSessions::size() const noexcept
{
    return sessions_.size() + finished_.size();
}

std::vector<SessionFacts> InternalSessions::list() const
{
    std::vector<SessionFacts> facts;
    facts.reserve(size());
    for (const Sessions* sessions : {&sessions_, &finished_})
        for (const Session& session : *sessions)
            facts.push_back(session.facts);
    return facts;
}

InternalSessions::Sessions::iterator InternalSessions::finish(Sessions::iterator session,
                                                              int wait_status) noexcept
{
    const auto next = std::next(session);
    session->stop_watching();
    session->facts.wait_status = wait_status;
    // Not destroyed here: its callback may be what brought us here.
    finished_.splice(finished_.end(), sessions_, session);
    report_.schedule();
    return next;
}

void InternalSessions::report() noexcept
{
    while (!finished_.empty()) {
        const SessionFacts facts = std::move(finished_.front().facts);
        finished_.pop_front(); // closes, and gives the slot back
        observer_.on_session_end(facts);
    }
}

} // namespace usherd::daemon
