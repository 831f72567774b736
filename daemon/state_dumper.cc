// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/state_dumper.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
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

/// @return what went wrong; empty if nothing did.
std::string append(const std::string& path, std::string_view text)
{
    // O_NONBLOCK: a pipe that nobody reads is no place for a dump.
    const sys::UniqueFd file(::open(
        path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
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
}

} // namespace usherd::daemon
