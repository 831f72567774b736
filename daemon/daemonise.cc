// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/daemonise.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace usherd::daemon {

namespace {

constexpr int exit_failed_start = 1;

/// For kernels before 5.9: what is open is listed, so the limit of open files does not matter.
void close_listed(int first)
{
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir("/proc/self/fd"), ::closedir);
    if (!listing)
        return;
    std::vector<int> open;
    while (const dirent* entry = ::readdir(listing.get())) {
        int fd = -1;
        const char* end = entry->d_name + std::strlen(entry->d_name);
        if (std::from_chars(entry->d_name, end, fd).ptr == end && fd >= first &&
            fd != ::dirfd(listing.get()))
            open.push_back(fd);
    }
    for (const int fd : open)
        ::close(fd);
}

sys::Result<void> point_to_null(int fd)
{
    sys::UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null)
        return sys::last_error("open (/dev/null)");
    if (null.get() == fd) { // it was closed, and open() takes the lowest number
        (void)null.release();
        if (::fcntl(fd, F_SETFD, 0) < 0)
            return sys::last_error("fcntl");
        return {};
    }
    if (::dup2(null.get(), fd) < 0)
        return sys::last_error("dup2");
    return {};
}

void write_all(int fd, std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// All that comes before the other side is gone. One byte is the exit status, the rest a message.
std::string read_report(int pipe)
{
    std::string report;
    char buffer[1024];
    while (true) {
        const auto count = ::read(pipe, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return report;
        report.append(buffer, static_cast<std::size_t>(count));
    }
}

[[noreturn]] void pass_on_report(int pipe)
{
    const std::string report = read_report(pipe);
    if (report.empty()) {
        write_all(STDERR_FILENO, "the background process ended before it had started\n");
        ::_exit(exit_failed_start);
    }
    if (report.size() > 1)
        write_all(STDERR_FILENO, report.substr(1) + '\n');
    ::_exit(static_cast<unsigned char>(report[0]));
}

} // namespace

sys::Result<void> prepare_descriptors(int first)
{
    if (::close_range(static_cast<unsigned>(first), ~0u, 0) < 0)
        close_listed(first);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO})
        if (auto done = point_to_null(fd); !done)
            return done;
    if (::fcntl(STDERR_FILENO, F_GETFD) < 0)
        return point_to_null(STDERR_FILENO);
    return {};
}

void StartReport::succeeded() noexcept
{
    send(EXIT_SUCCESS, {});
}

void StartReport::failed(int exit_status, std::string_view message) noexcept
{
    send(exit_status, message);
}

void StartReport::send(int exit_status, std::string_view message) noexcept
{
    if (!pipe_)
        return;
    std::string report(1, static_cast<char>(exit_status));
    report += message;
    write_all(pipe_.get(), report);
    pipe_.reset(); // the parent reads to the end
}

sys::Result<StartReport> daemonise()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
        return sys::last_error("pipe2");
    sys::UniqueFd reading(ends[0]);
    sys::UniqueFd writing(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return sys::last_error("fork");
    if (child > 0) {
        writing.reset();
        pass_on_report(reading.get());
    }
    ::setsid();
    if (auto done = point_to_null(STDERR_FILENO); !done)
        return done.error();
    return StartReport(std::move(writing));
}

} // namespace usherd::daemon
