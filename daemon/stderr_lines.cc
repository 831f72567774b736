// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/stderr_lines.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/core/log_record.h"

namespace usherd::daemon {

class StderrLines::Pipe {
public:
    Pipe(StderrLines& owner, std::string service, sys::UniqueFd fd)
        : owner_(owner), service_(std::move(service)), fd_(std::move(fd)),
          readable_(owner.loop_, fd_.get(), sys::Watch::What::readable,
                    sys::bind<&Pipe::on_readable>(*this))
    {
        readable_.start();
    }
    [[nodiscard]] bool is_finished() const noexcept { return finished_; }

private:
    using SteadySeconds = std::chrono::time_point<std::chrono::steady_clock, std::chrono::seconds>;
    static constexpr std::size_t max_line_bytes = 1024;
    static constexpr int lines_per_second = 50; // a traceback passes, a flood does not

    void on_readable() noexcept
    {
        std::array<char, 4096> buffer;
        const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            write_line();
            write_held_back();
            readable_.stop();
            finished_ = true;
            owner_.clear_.schedule();
            return;
        }
        for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(count))) {
            if (c == '\n' || line_.size() >= max_line_bytes)
                write_line();
            if (c != '\n')
                line_ += c;
        }
    }

    void write_line() noexcept
    {
        if (line_.empty())
            return;
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now());
        if (now != second_) {
            write_held_back();
            second_ = now;
            written_ = 0;
        }
        if (written_ < lines_per_second) {
            ++written_;
            owner_.log_.notice("service {} stderr: {}", service_, core::escaped(line_));
        } else {
            ++held_back_;
        }
        line_.clear();
    }

    void write_held_back()
    {
        if (held_back_ > 0)
            owner_.log_.notice("service {} stderr: {} more lines", service_, held_back_);
        held_back_ = 0;
    }

    StderrLines& owner_;
    std::string service_;
    std::string line_;
    SteadySeconds second_;
    int written_ = 0; ///< in that second
    std::uint64_t held_back_ = 0;
    bool finished_ = false;
    sys::UniqueFd fd_;
    sys::Watch readable_; // after fd_: dies before it
};

StderrLines::StderrLines(sys::EventLoop& loop, Log& log)
    : loop_(loop), log_(log), clear_(loop, sys::bind<&StderrLines::clear_finished>(*this))
{
}

StderrLines::~StderrLines() = default;

sys::Result<sys::UniqueFd> StderrLines::add(const std::string& service)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
        return sys::last_error("pipe2");
    sys::UniqueFd ours(ends[0]);
    sys::UniqueFd theirs(ends[1]);
    // Ours alone: the handler's end stays blocking.
    if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) < 0)
        return sys::last_error("fcntl");
    pipes_.push_back(std::make_unique<Pipe>(*this, service, std::move(ours)));
    return theirs;
}

void StderrLines::clear_finished() noexcept
{
    pipes_.remove_if([](const std::unique_ptr<Pipe>& pipe) { return pipe->is_finished(); });
}

} // namespace usherd::daemon
