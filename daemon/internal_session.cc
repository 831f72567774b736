// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/internal_session.h"

#include <cerrno>
#include <sys/socket.h>

namespace usherd::daemon {

namespace {

/// A session that always has something to do lets the others in after so many calls.
constexpr int rounds_per_turn = 16;

/// @return bytes read, 0 at the end of the stream, -1 with errno
std::ptrdiff_t receive_some(int fd, std::span<char> buffer) noexcept
{
    std::ptrdiff_t received = -1;
    do {
        received = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    return received;
}

} // namespace

std::ptrdiff_t send_some(int fd, std::span<const char> data) noexcept
{
    std::ptrdiff_t sent = -1;
    do {
        sent = ::send(fd, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 && (errno == EAGAIN || errno == ENOBUFS) ? 0 : sent;
}

InternalSessions::Session::Session(InternalSessions& sessions, SessionFacts session_facts,
                                   sys::UniqueFd connection, access::Slot slot)
    : facts(std::move(session_facts)), sessions_(sessions), slot_(std::move(slot)),
      connection_(std::move(connection)),
      readable_(sessions.loop_, connection_.get(), sys::Watch::What::readable,
                sys::bind<&Session::on_readable>(*this)),
      writable_(sessions.loop_, connection_.get(), sys::Watch::What::writable,
                sys::bind<&Session::on_writable>(*this))
{
}

void InternalSessions::Session::begin(Sessions::iterator self) noexcept
{
    self_ = self;
    if (facts.kind == core::InternalService::echo)
        echo_ = std::make_unique<EchoBuffer>();
    if (facts.kind != core::InternalService::chargen)
        return readable_.start();
    ::shutdown(connection_.get(), SHUT_RD); // as xinetd: whatever the client says is not read
    writable_.start();
}

void InternalSessions::Session::stop_watching() noexcept
{
    readable_.stop();
    writable_.stop();
}

void InternalSessions::Session::on_readable() noexcept
{
    if (facts.kind == core::InternalService::echo)
        echo();
    else
        discard();
}

void InternalSessions::Session::on_writable() noexcept
{
    if (facts.kind == core::InternalService::chargen)
        return generate();
    if (send_echo())
        wait_for(readable_);
}

/// Reads only when everything has been sent: a client that does not read is not read from.
void InternalSessions::Session::echo() noexcept
{
    for (int round = 0; round < rounds_per_turn; ++round) {
        const auto received = receive_some(connection_.get(), echo_->bytes);
        if (received < 0 && errno == EAGAIN)
            return;
        if (received <= 0)
            return finish();
        echo_->begin = 0;
        echo_->end = static_cast<std::size_t>(received);
        if (!send_echo())
            return;
    }
}

/// @return true if nothing is left; else it waits for room, or is over.
bool InternalSessions::Session::send_echo() noexcept
{
    while (echo_->begin < echo_->end) {
        const auto sent =
            send_some(connection_.get(),
                      std::span(echo_->bytes).subspan(echo_->begin, echo_->end - echo_->begin));
        if (sent > 0) {
            echo_->begin += static_cast<std::size_t>(sent);
            continue;
        }
        if (sent < 0)
            finish();
        else
            wait_for(writable_);
        return false;
    }
    return true;
}

void InternalSessions::Session::discard() noexcept
{
    std::array<char, 16384> unread;
    for (int round = 0; round < rounds_per_turn; ++round) {
        const auto received = receive_some(connection_.get(), unread);
        if (received < 0 && errno == EAGAIN)
            return;
        if (received <= 0)
            return finish();
    }
}

void InternalSessions::Session::generate() noexcept
{
    for (int round = 0; round < rounds_per_turn; ++round) {
        const auto sent = send_some(connection_.get(), core::chargen_period().subspan(chargen_at_));
        if (sent == 0)
            return;
        if (sent < 0)
            return finish();
        chargen_at_ = (chargen_at_ + static_cast<std::size_t>(sent)) % core::chargen_period_bytes;
    }
}

void InternalSessions::Session::wait_for(sys::Watch& what) noexcept
{
    sys::Watch& other = &what == &readable_ ? writable_ : readable_;
    other.stop();
    what.start();
}

void InternalSessions::Session::finish() noexcept
{
    sessions_.finish(self_, 0);
}

} // namespace usherd::daemon
