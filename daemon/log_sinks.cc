// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_sinks.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace usherd::daemon {

namespace {

/// A long turn, such as the start with ten thousand services, does not wait for its end.
constexpr std::size_t flush_at_bytes = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds first_delay{50};
constexpr std::chrono::milliseconds longest_delay{1000};

} // namespace

FlushQueue::FlushQueue(sys::EventLoop& loop)
    : delay_(first_delay), end_of_turn_(loop, sys::bind<&FlushQueue::flush>(*this)),
      later_(loop, sys::bind<&FlushQueue::on_retry>(*this))
{
}

void FlushQueue::add(LineSink& sink)
{
    if (sink.is_due_)
        return;
    sink.is_due_ = true;
    due_.push_back(&sink);
    end_of_turn_.schedule();
}

void FlushQueue::retry(LineSink& sink, bool has_progressed)
{
    if (has_progressed)
        delay_ = first_delay;
    if (sink.is_waiting_)
        return;
    sink.is_waiting_ = true;
    waiting_.push_back(&sink);
    if (later_.is_started())
        return;
    later_.start(delay_);
    delay_ = std::min(delay_ * 2, longest_delay);
}

void FlushQueue::forget(LineSink& sink) noexcept
{
    if (sink.is_due_)
        std::replace(due_.begin(), due_.end(), &sink, static_cast<LineSink*>(nullptr));
    if (sink.is_waiting_)
        std::erase(waiting_, &sink);
    sink.is_due_ = sink.is_waiting_ = false;
}

void FlushQueue::flush() noexcept
{
    // By index: a sink's trouble is a message, which adds another sink while we are here.
    for (std::size_t i = 0; i < due_.size(); ++i) {
        if (due_[i] == nullptr)
            continue;
        due_[i]->is_due_ = false;
        due_[i]->flush();
    }
    due_.clear();
    if (waiting_.empty())
        delay_ = first_delay;
}

void FlushQueue::on_retry() noexcept
{
    std::vector<LineSink*> waiting;
    waiting.swap(waiting_);
    for (LineSink* sink : waiting) {
        sink->is_waiting_ = false;
        add(*sink);
    }
}

LineFile::LineFile(FlushQueue& queue, int fd, LineFileObserver& observer)
    : queue_(queue), observer_(observer), fd_(fd), kind_(kind_of(fd))
{
}

LineFile::~LineFile()
{
    flush();
    queue_.forget(*this);
}

LineFile::Kind LineFile::kind_of(int fd) noexcept
{
    struct stat status {};
    if (::fstat(fd, &status) != 0)
        return Kind::other;
    if (S_ISREG(status.st_mode))
        return Kind::regular;
    return S_ISSOCK(status.st_mode) ? Kind::socket : Kind::other;
}

void LineFile::append(std::string_view line) noexcept
{
    if (buffer_.size() + line.size() > max_pending_bytes) {
        ++lost_;
        return;
    }
    buffer_ += line;
    if (FlushQueue::is_waiting(*this))
        return;
    queue_.add(*this);
    if (buffer_.size() >= flush_at_bytes)
        flush();
}

void LineFile::flush() noexcept
{
    std::size_t written = 0;
    std::ptrdiff_t outcome = 0;
    while (written < buffer_.size()) {
        outcome = write_some(std::string_view(buffer_).substr(written));
        if (outcome < 0)
            break;
        written += static_cast<std::size_t>(outcome);
    }
    const int error_number = errno;
    buffer_.erase(0, written);
    if (outcome < 0) {
        queue_.retry(*this, written > 0);
        if (error_number != EAGAIN && !failing_) {
            failing_ = true;
            observer_.on_write_error(error_number);
        }
        return;
    }
    if (failing_ || lost_ > 0) {
        failing_ = false;
        observer_.on_write_recovered(std::exchange(lost_, 0));
    }
}

/// @return bytes written, or -1 and errno; EAGAIN where writing would block.
std::ptrdiff_t LineFile::write_some(std::string_view data) noexcept
{
    std::ptrdiff_t written = -1;
    do {
        if (kind_ == Kind::socket) {
            written = ::send(fd_, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (kind_ == Kind::regular) {
            written = ::write(fd_, data.data(), data.size());
        } else {
            // Our standard error is shared with others, so it stays in blocking mode: a pipe that
            // polls as writable takes PIPE_BUF bytes. @see pipe(7)
            pollfd ready{fd_, POLLOUT, 0};
            if (::poll(&ready, 1, 0) == 0) {
                errno = EAGAIN;
                return -1;
            }
            written = ::write(fd_, data.data(), std::min<std::size_t>(data.size(), PIPE_BUF));
        }
    } while (written < 0 && errno == EINTR);
    return written;
}

} // namespace usherd::daemon
