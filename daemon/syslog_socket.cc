// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/syslog_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include <fmt/format.h>

namespace usherd::daemon {

namespace {

constexpr std::size_t max_batch = 64;
/// A long turn does not wait for its end.
constexpr std::size_t flush_at_lines = 256;
/// What the last messages of a daemon that ends are worth, if syslogd is slow.
constexpr int farewell_milliseconds = 100;

} // namespace

SyslogSocket::SyslogSocket(sys::EventLoop& loop, FlushQueue& queue, LogClock& clock,
                           Settings settings)
    : loop_(loop), queue_(queue), clock_(clock), settings_(std::move(settings))
{
}

SyslogSocket::~SyslogSocket()
{
    if (!pending_.empty() && send_pending() == Sent::not_now) {
        pollfd room{socket_.get(), POLLOUT, 0};
        if (::poll(&room, 1, farewell_milliseconds) == 1)
            (void)send_pending();
    }
    queue_.forget(*this);
}

void SyslogSocket::append(int priority, std::string_view text, int pid) noexcept
{
    if (pending_bytes_ >= max_pending_bytes) {
        ++lost_;
        return;
    }
    enqueue(priority, text, pid);
    if (FlushQueue::is_waiting(*this))
        return;
    queue_.add(*this);
    if (pending_.size() >= flush_at_lines)
        flush();
}

void SyslogSocket::enqueue(int priority, std::string_view text, int pid)
{
    pending_.push_back(fmt::format("<{}>{} {}[{}]: {}", priority, clock_.now().syslog,
                                   settings_.program, pid != 0 ? pid : settings_.pid, text));
    pending_bytes_ += pending_.back().size();
}

void SyslogSocket::flush() noexcept
{
    const std::size_t waited = pending_.size();
    Sent sent = send_pending();
    if (sent == Sent::everything && lost_ > 0) {
        enqueue(settings_.facility | LOG_WARNING,
                fmt::format("{} messages were lost while the system log did not take them",
                            std::exchange(lost_, 0)));
        sent = send_pending();
    }
    if (sent == Sent::not_now)
        writable_->start();
    if (sent == Sent::everything)
        queue_.forget(*this);
    else
        queue_.retry(*this, pending_.size() < waited);
}

void SyslogSocket::on_writable() noexcept
{
    writable_->stop();
    queue_.add(*this); // not flush(): it may replace the socket, and with it what called us
}

/// Tries a second time with a new connection: syslogd may have been started anew.
SyslogSocket::Sent SyslogSocket::send_pending() noexcept
{
    bool has_reconnected = false;
    while (!pending_.empty()) {
        if (!socket_) {
            if (has_reconnected || !connect())
                return Sent::nobody_there;
            has_reconnected = true;
        }
        const int count = send_batch();
        if (count < 0) {
            if (errno == EAGAIN || errno == ENOBUFS)
                return Sent::not_now;
            if (errno != EINTR)
                disconnect();
            continue;
        }
        for (int i = 0; i < count; ++i) {
            pending_bytes_ -= pending_.front().size();
            pending_.pop_front();
        }
    }
    return Sent::everything;
}

int SyslogSocket::send_batch() noexcept
{
    std::array<iovec, max_batch> texts{};
    std::array<mmsghdr, max_batch> messages{};
    const std::size_t count = std::min(max_batch, pending_.size());
    for (std::size_t i = 0; i < count; ++i) {
        texts[i] = {pending_[i].data(), pending_[i].size()};
        messages[i].msg_hdr.msg_iov = &texts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    return ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(count),
                      MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool SyslogSocket::connect() noexcept
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (settings_.path.size() >= sizeof address.sun_path)
        return false;
    settings_.path.copy(address.sun_path, settings_.path.size());
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_)
        return false;
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        socket_.reset();
        return false;
    }
    writable_.emplace(loop_, socket_.get(), sys::Watch::What::writable,
                      sys::bind<&SyslogSocket::on_writable>(*this));
    return true;
}

void SyslogSocket::disconnect() noexcept
{
    writable_.reset();
    socket_.reset();
}

} // namespace usherd::daemon
