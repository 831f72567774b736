// SPDX-License-Identifier: BSD-2-Clause
//
// Each directory here is a case: the files below in/ are a configuration whose main file is
// `xinetd.conf`, expected.txt is every diagnostic as `usherd --check` prints it, which of them the
// daemon logs at INFO as xinetd has no such message, and what the load came to. With
// USHERD_UPDATE_GOLDEN=1 in the environment the expectations are written anew; read the difference
// before you commit it.
//
// A file `setup` beside in/ has lines `unreadable PATH`, `fifo PATH`, `not-executable PATH` or
// `executable PATH` (then nothing else is).

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config-parser/load.h"
#include "tests/golden/spec_dump.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"
#include "tests/support/memory_files.h"

namespace usherd::test {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void set_up(MemoryFiles& files, const fs::path& directory)
{
    for (const auto& entry : fs::recursive_directory_iterator(directory / "in"))
        if (entry.is_regular_file())
            files.add(fs::relative(entry.path(), directory / "in").string(), slurp(entry.path()));
    std::istringstream setup(slurp(directory / "setup"));
    std::string what;
    std::string path;
    using Kind = config::FileError::Kind;
    while (setup >> what >> path) {
        if (what == "unreadable")
            files.fail(path, {Kind::not_permitted, EACCES, "Permission denied"});
        else if (what == "fifo")
            files.fail(path, {Kind::not_regular, 0, "it is a FIFO, not a regular file"});
        else if (what == "executable")
            files.allow_execution(path);
        else
            FAIL("setup: '" << what << "' is unknown");
    }
}

std::string outcome(const config::LoadResult& result)
{
    std::string text;
    for (const config::Diagnostic& diagnostic : result.diagnostics->all())
        if (diagnostic.severity != config::Severity::debug) // nor does --check print them
            text += render(diagnostic);
    text += "----\n";
    for (const config::Diagnostic& diagnostic : result.diagnostics->all())
        if (diagnostic.unknown_to_xinetd && diagnostic.severity >= config::Severity::warning)
            text += "unknown to xinetd: " + log_line(diagnostic) + '\n';
    if (!result.refused_because.empty())
        text +=
            fmt::format("refused{}{}: {}\n", result.defaults_fatal ? ", fatal" : "",
                        result.main_file_unreadable ? ", unreadable" : "", result.refused_because);
    for (const std::string& name : result.skipped_files)
        text += "skipped: " + name + '\n';
    for (const std::string& name : result.unreadable)
        text += "unreadable: " + name + '\n';
    if (const std::string defaults = dump(result.defaults); !defaults.empty())
        text += "defaults\n" + defaults;
    for (const config::DroppedService& dropped : result.dropped)
        text += fmt::format("dropped {} ({}): {}\n", dropped.name, dropped.id, dropped.why);
    for (const auto& service : result.services)
        text += fmt::format("service {} ({})\n{}", service->name, service->id, dump(*service));
    return text;
}

/// A case with an inetd.conf is read with -inetd_compat; beside a file `inetd_ipv6` with
/// -inetd_ipv6, beside a file `as_xinetd` as by a daemon of that name.
config::LoadOptions options_for(const fs::path& directory)
{
    config::LoadOptions options;
    options.inetd_conf = "inetd.conf";
    options.include_inetd_conf = fs::exists(directory / "in" / options.inetd_conf);
    if (fs::exists(directory / "inetd_ipv6"))
        options.inetd_dialect = config::InetdDialect::gnu;
    if (fs::exists(directory / "as_xinetd"))
        options.inetd_dialect = config::InetdDialect::xinetd;
    return options;
}

std::vector<fs::path> cases()
{
    std::vector<fs::path> directories;
    for (const auto& entry : fs::directory_iterator(USHERD_GOLDEN_DIRECTORY))
        if (entry.is_directory())
            directories.push_back(entry.path());
    std::sort(directories.begin(), directories.end());
    return directories;
}

TEST_CASE("every golden configuration is diagnosed and loaded as expected")
{
    const bool update = std::getenv("USHERD_UPDATE_GOLDEN") != nullptr;
    for (const fs::path& directory : cases()) {
        DYNAMIC_SECTION(directory.filename().string())
        {
            MemoryFiles files;
            set_up(files, directory);
            FixedNames names;
            const config::LoadResult result =
                load(files, names, "xinetd.conf", options_for(directory));
            const std::string found = outcome(result);
            if (update)
                std::ofstream(directory / "expected.txt", std::ios::binary) << found;
            CHECK(found == slurp(directory / "expected.txt"));
            for (const config::Diagnostic& diagnostic : result.diagnostics->all())
                CHECK((!diagnostic.path.empty() && !diagnostic.message.empty()));
        }
    }
}

} // namespace
} // namespace usherd::test
