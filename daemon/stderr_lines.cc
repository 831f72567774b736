// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/stderr_lines.h"

#include <array>
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
    static constexpr std::size_t max_line_bytes = 1024;

    void on_readable() noexcept
    {
        std::array<char, 4096> buffer;
        const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            write_line();
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
        owner_.log_.write(Level::notice, service_, "stderr",
                          fmt::format("service {} stderr: {}", service_, core::escaped(line_)));
        line_.clear();
    }

    StderrLines& owner_;
    std::string service_;
    std::string line_;
    bool finished_ = false;
    sys::UniqueFd fd_;
    sys::Watch readable_; // after fd_: dies before it
};

StderrLines::StderrLines(sys::EventLoop& loop, ProvokedLog& log)
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
