// SPDX-License-Identifier: BSD-2-Clause
//
// UL005 and UL009: the files themselves.

#include "config-parser/lint_checks.h"

namespace usherd::config {

namespace {

constexpr std::uint32_t group_write = 0020;
constexpr std::uint32_t others_write = 0002;
constexpr std::uint32_t sticky = 01000;

/// Who can change it, besides root and the one who asks; empty if nobody.
std::string who_writes(const FileStatus& status, std::uint32_t asker)
{
    if (status.is_directory && (status.mode & sticky) != 0)
        return {};
    if ((status.mode & others_write) != 0)
        return fmt::format("everybody can write to it (mode {:04o})", status.mode);
    if ((status.mode & group_write) != 0 && status.gid != 0)
        return fmt::format("group {} can write to it (mode {:04o})", status.gid, status.mode);
    if (status.uid != 0 && status.uid != asker)
        return fmt::format("it belongs to user {}", status.uid);
    return {};
}

std::string directory_of(const std::string& path)
{
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

void check_file(LintRun& run, SourceId id, std::set<std::string>& directories)
{
    const std::string path = run.loaded().sources->path(id);
    const auto tell = [&](const std::string& what, const std::string& checked) {
        const auto status = run.status(checked);
        const std::string who = status ? who_writes(*status, run.options().uid) : "";
        if (!who.empty())
            run.report(Lint::file_writable, {id, 0, 0}, 1, fmt::format("{}: {}", what, who));
    };
    if (path.empty() || !run.status(path))
        return;
    tell("this file decides what runs as root", path);
    const std::string directory = directory_of(path);
    if (directories.insert(directory).second)
        tell(fmt::format("the directory {} decides what runs as root", directory), directory);
}

} // namespace

void lint_files(LintRun& run)
{
    Sources& sources = *run.loaded().sources;
    std::set<std::string> directories;
    const std::size_t count = sources.size();
    for (std::size_t i = 0; i < count; ++i)
        check_file(run, static_cast<SourceId>(i), directories);
    for (const std::string& path : run.loaded().skipped_files)
        run.report(Lint::skipped_file, {sources.add(path, nullptr), 0, 0}, 1,
                   "not read, as its name holds a dot or ends in '~'");
}

} // namespace usherd::config
