// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay_direction.h"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace usherd::daemon {

namespace {

// In one direction, then it is the loop's turn.
constexpr std::size_t bytes_per_turn = std::size_t{1024} * 1024;
constexpr std::size_t bytes_per_splice = std::size_t{512} * 1024;

/// An error of sending or receiving that tells of the other side, or of the way to it, and not of a
/// system that cannot go on.
bool is_of_the_peer(int error) noexcept
{
    switch (error) {
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ENOTCONN:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
        return true;
    default:
        return false;
    }
}

/// A reset has ended the connection.
bool is_gone(int socket) noexcept
{
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &length) < 0 &&
           errno == ENOTCONN;
}

} // namespace

RelayDirection::RelayDirection(sys::EventLoop& loop, sys::SplicePipePool& pipes, int from, int to,
                               std::uint64_t& bytes, sys::Callback ready)
    : pipes_(pipes), from_(from), to_(to), bytes_(bytes),
      readable_(loop, from, sys::Watch::What::readable, ready),
      writable_(loop, to, sys::Watch::What::writable, ready)
{
}

RelayDirection::~RelayDirection()
{
    pipes_.give_back(std::move(pipe_));
}

RelayDirection::State RelayDirection::pump() noexcept
{
    const std::uint64_t limit = bytes_ + bytes_per_turn;
    bool more = true;
    while (more && bytes_ < limit)
        more = drain() && fill();
    // What the last fill brought must not wait for the next turn.
    const bool is_drained = state_ == State::open && drain();
    if (is_drained)
        pipes_.give_back(std::exchange(pipe_, {}));
    if (is_drained && source_ended_)
        pass_end();
    watch();
    return state_;
}

/// @return false if nothing more can be read now.
bool RelayDirection::fill() noexcept
{
    if (source_ended_)
        return false;
    if (!pipe_) {
        auto pipe = pipes_.take();
        if (!pipe) {
            fail(pipe.error());
            return false;
        }
        pipe_ = std::move(*pipe);
    }
    const auto result = sys::fill(pipe_, from_, bytes_per_splice);
    bytes_ += result.bytes;
    if (result.outcome == sys::SpliceOutcome::end_of_stream)
        source_ended_ = true;
    else if (result.outcome == sys::SpliceOutcome::failed)
        fail({"splice", result.error_number});
    return result.outcome == sys::SpliceOutcome::moved;
}

/// @return false if the other side takes no more now.
bool RelayDirection::drain() noexcept
{
    while (pipe_.held > 0) {
        const auto result = sys::drain(pipe_, to_);
        if (result.outcome == sys::SpliceOutcome::failed && is_of_the_peer(result.error_number))
            abandon();
        else if (result.outcome == sys::SpliceOutcome::failed)
            fail({"splice", result.error_number});
        if (result.outcome != sys::SpliceOutcome::moved)
            return false;
    }
    return true;
}

/// The receiver has gone. The other way may still hold its last words.
void RelayDirection::abandon() noexcept
{
    pipe_ = {};
    source_ended_ = true;
    pass_end();
}

/// A receiver that is not told of the end would wait for ever, and the relay with it. Where it has
/// gone there is nobody to tell: the other way sees for itself that nothing more comes.
void RelayDirection::pass_end() noexcept
{
    state_ = State::over;
    if (::shutdown(to_, SHUT_WR) == 0)
        return;
    const auto error = sys::last_error("shutdown");
    if (!is_gone(to_))
        fail(error);
}

void RelayDirection::fail(const sys::SysError& error) noexcept
{
    state_ = State::broken;
    if (!is_of_the_peer(error.number))
        failure_ = error;
}

void RelayDirection::watch() noexcept
{
    const bool is_open = state_ == State::open;
    const bool is_blocked = is_open && pipe_.held > 0;
    if (is_blocked)
        writable_.start();
    else
        writable_.stop();
    if (is_open && !is_blocked && !source_ended_)
        readable_.start();
    else
        readable_.stop();
}

void RelayDirection::stop() noexcept
{
    readable_.stop();
    writable_.stop();
}

} // namespace usherd::daemon
