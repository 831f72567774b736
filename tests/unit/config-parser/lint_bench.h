// SPDX-License-Identifier: BSD-2-Clause
//
// Lints a configuration in memory and shows what was found.

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config-parser/lint.h"
#include "tests/support/catch.h"
#include "tests/support/fixed_names.h"
#include "tests/support/memory_files.h"

namespace usherd::test {

/// Files are root's and 0644, /bin and its programs 0755, unless a test says otherwise.
class LintBench final : public config::FileInspector {
public:
    MemoryFiles files;
    FixedNames names;
    std::map<std::string, config::FileStatus> statuses{
        {"/", {0755, 0, 0, true, 0}},           {"/etc", {0755, 0, 0, true, 0}},
        {"/bin", {0755, 0, 0, true, 0}},        {"/bin/cat", {0755, 0, 0, false, 100}},
        {"/bin/httpd", {0755, 0, 0, false, 1}}, {"/etc/usherd.conf", {}},
    };
    config::LintOptions options;

    std::optional<config::FileStatus> status(const std::string& path) override
    {
        const auto found = statuses.find(path);
        return found == statuses.end() ? std::nullopt : std::optional{found->second};
    }

    std::vector<config::Finding> findings(std::string text)
    {
        files.add("/etc/usherd.conf", std::move(text));
        config::LoadOptions load_options;
        load_options.keep_rule_places = true;
        loaded = config::load(files, names, "/etc/usherd.conf", load_options);
        return config::lint(loaded, files, *this, options);
    }
    /// `UL001 LINE:COLUMN message`, one for each finding, joined by `|`.
    std::string told(std::string text)
    {
        std::string result;
        for (const config::Finding& finding : findings(std::move(text)))
            result += fmt::format("{}{} {}:{} {}", result.empty() ? "" : "|", finding.rule->id,
                                  finding.diagnostic.location.line,
                                  finding.diagnostic.location.column, finding.diagnostic.message);
        return result;
    }
    config::LoadResult loaded;
};

/// A service that nothing is to be said about, its attributes from line 9 on.
inline std::string service(std::string_view more, std::string_view server = "/bin/cat",
                           std::string_view name = "svc", int port = 8000)
{
    return fmt::format("service {}\n{{\ntype = UNLISTED\nsocket_type = stream\nport = {}\n"
                       "wait = no\nuser = nobody\nserver = {}\n{}\n}}\n",
                       name, port, server, more);
}

/// An internal service on UDP, its attributes from line 6 on.
inline std::string datagrams(std::string_view name, std::string_view more)
{
    return fmt::format("service {}\n{{\ntype = INTERNAL\nsocket_type = dgram\nwait = yes\n{}\n}}\n",
                       name, more);
}

} // namespace usherd::test
