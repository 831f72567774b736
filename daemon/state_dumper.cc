// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/state_dumper.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "daemon/sys/result.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

namespace {

/// Those of the process, ascending; without the one they are listed through.
std::vector<int> open_descriptors()
{
    std::vector<int> numbers;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    if (directory == nullptr)
        return numbers;
    while (const dirent* entry = ::readdir(directory.get())) {
        int number = 0;
        const char* const end = entry->d_name + std::strlen(entry->d_name);
        const auto parsed = std::from_chars(entry->d_name, end, number);
        if (parsed.ec == std::errc{} && parsed.ptr == end && number != ::dirfd(directory.get()))
            numbers.push_back(number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

sys::UniqueFd open_to_append(const std::string& path)
{
    // O_NONBLOCK: a pipe that nobody reads is no place for a dump.
    return sys::UniqueFd(::open(
        path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
}

/// The last directory of `path`, open to all whatever our umask.
bool make_directory_of(const std::string& path)
{
    const std::string directory = path.substr(0, path.rfind('/'));
    return ::mkdir(directory.c_str(), 0755) == 0 && ::chmod(directory.c_str(), 0755) == 0;
}

/// @return what went wrong; empty if nothing did.
std::string append(const std::string& path, std::string_view text)
{
    sys::UniqueFd file = open_to_append(path);
    if (!file && errno == ENOENT) {
        if (make_directory_of(path))
            file = open_to_append(path);
        else
            errno = ENOENT;
    }
    if (!file)
        return fmt::format("failed to open {}: {}", path, sys::errno_text(errno));
    while (!text.empty()) {
        const ssize_t written = ::write(file.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fmt::format("failed to write {}: {}", path, sys::errno_text(errno));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

} // namespace

StateDumper::StateDumper(BlockingWorker& worker, Log& log, std::string path, Facts facts)
    : worker_(worker), log_(log), path_(std::move(path)), facts_(std::move(facts))
{
}

void StateDumper::request()
{
    again_ = writing_;
    if (!writing_)
        begin();
}

void StateDumper::when_written(std::function<void()> done)
{
    if (!writing_)
        return done();
    done_ = std::move(done);
}

void StateDumper::begin()
{
    writing_ = true;
    worker_.submit(
        [this, path = path_,
         facts = std::make_shared<core::DumpFacts>(facts_())]() -> BlockingWorker::Continuation {
            facts->descriptors = open_descriptors();
            return [this, error = append(path, core::state_dump(*facts))] { on_written(error); };
        });
}

void StateDumper::on_written(const std::string& error)
{
    writing_ = false;
    if (error.empty())
        log_.info("generated state dump in file {}", path_);
    else
        log_.error("{}", error);
    if (std::exchange(again_, false))
        begin();
    else if (const auto done = std::exchange(done_, nullptr))
        done();
}

} // namespace usherd::daemon
