// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tcpmux.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <span>
#include <string>
#include <sys/socket.h>

#include "daemon/core/tcpmux_line.h"

namespace usherd::daemon {

namespace {

/// @return bytes, 0 at the end of the stream, -1 with errno
std::ptrdiff_t receive(int fd, std::span<char> buffer, int flags) noexcept
{
    std::ptrdiff_t received = -1;
    do {
        received = ::recv(fd, buffer.data(), buffer.size(), flags | MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    return received;
}

} // namespace

class TcpmuxSessions::Session {
public:
    Session(TcpmuxSessions& owner, SessionFacts its_facts, Arrival arrival, access::Slot slot)
        : facts(std::move(its_facts)), owner_(owner), arrival_(std::move(arrival)),
          readable_(owner.loop_, arrival_.socket.get(), sys::Watch::What::readable,
                    sys::bind<&Session::on_readable>(*this)),
          deadline_(owner.loop_, sys::bind<&Session::on_deadline>(*this))
    {
        arrival_.through = std::make_unique<access::Slot>(std::move(slot));
    }
    ~Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void begin(Sessions::iterator self) noexcept
    {
        self_ = self;
        deadline_.start(deadline);
        readable_.start();
    }
    void stop() noexcept
    {
        readable_.stop();
        deadline_.stop();
    }
    /// Gives the connection and the slot back.
    void close() noexcept { arrival_ = {}; }

    SessionFacts facts;

private:
    void on_readable() noexcept;
    void on_deadline() noexcept { owner_.finish(self_, 0); }
    void hand_on(const std::string& name) noexcept;

    TcpmuxSessions& owner_;
    Sessions::iterator self_;
    Arrival arrival_;
    std::string line_; ///< the part that has come
    // After arrival_, whose socket they watch.
    sys::Watch readable_;
    sys::Timer deadline_;
};

void TcpmuxSessions::Session::on_readable() noexcept
{
    std::array<char, core::max_tcpmux_line_bytes> buffer;
    const std::span room = std::span(buffer).first(buffer.size() - line_.size());
    const int fd = arrival_.socket.get();
    const auto seen = receive(fd, room, MSG_PEEK);
    if (seen < 0 && errno == EAGAIN)
        return;
    if (seen <= 0)
        return owner_.finish(self_, 0);
    const std::size_t before = line_.size();
    line_.append(buffer.data(), static_cast<std::size_t>(seen));
    const auto line = core::parse_tcpmux_line(line_);
    // What lies behind the line is not ours to take.
    const bool is_complete = line.state == core::TcpmuxLine::State::complete;
    const std::size_t ours = is_complete ? line.length - before : static_cast<std::size_t>(seen);
    (void)receive(fd, std::span(buffer).first(ours), 0);
    if (is_complete)
        hand_on(std::string(line.name));
    else if (line.state == core::TcpmuxLine::State::malformed)
        owner_.finish(self_, 0);
}

void TcpmuxSessions::Session::hand_on(const std::string& name) noexcept
{
    TcpmuxRouter& router = owner_.router_;
    Arrival arrival = std::move(arrival_);
    stop(); // the loop must forget the socket while it is still open
    owner_.finish(self_, 0);
    router.on_tcpmux_request(std::move(arrival), name);
}

TcpmuxSessions::TcpmuxSessions(sys::EventLoop& loop, SessionObserver& observer,
                               TcpmuxRouter& router)
    : loop_(loop), observer_(observer), router_(router),
      clear_(loop, sys::bind<&TcpmuxSessions::clear>(*this))
{
}

TcpmuxSessions::~TcpmuxSessions() = default;

void TcpmuxSessions::start(Arrival arrival, std::shared_ptr<const config::ServiceSpec> spec,
                           access::Slot slot, std::uint64_t owner) noexcept
{
    if (sessions_.size() >= max_waiting)
        finish(sessions_.begin(), 0);
    SessionFacts facts{core::InternalService::tcpmux,
                       std::move(spec),
                       arrival.peer,
                       owner,
                       std::chrono::steady_clock::now(),
                       0};
    sessions_.emplace_back(*this, std::move(facts), std::move(arrival), std::move(slot));
    sessions_.back().begin(std::prev(sessions_.end()));
}

std::size_t TcpmuxSessions::end(std::uint64_t owner) noexcept
{
    std::size_t ended = 0;
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        const auto session = at++;
        if (session->facts.owner != owner)
            continue;
        finish(session, SIGTERM);
        ++ended;
    }
    return ended;
}

std::size_t TcpmuxSessions::end_all() noexcept
{
    const std::size_t ended = sessions_.size();
    while (!sessions_.empty())
        finish(sessions_.begin(), SIGTERM);
    return ended;
}

std::vector<SessionFacts> TcpmuxSessions::list() const
{
    std::vector<SessionFacts> facts;
    facts.reserve(sessions_.size());
    for (const Session& session : sessions_)
        facts.push_back(session.facts);
    return facts;
}

void TcpmuxSessions::finish(Sessions::iterator session, int wait_status) noexcept
{
    session->stop();
    session->close();
    session->facts.wait_status = wait_status;
    finished_.splice(finished_.end(), sessions_, session);
    clear_.schedule();
    observer_.on_session_end(session->facts);
}

void TcpmuxSessions::clear() noexcept
{
    finished_.clear();
}

} // namespace usherd::daemon
