// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/check_command.h"

#include <memory>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "config-parser/disk_file_source.h"
#include "config-parser/system_name_lookup.h"
#include "daemon/ctl/check_formats.h"
#include "daemon/ctl/disk_file_inspector.h"

namespace usherd::ctl {

namespace {

struct CheckOptions {
    std::vector<std::string> paths;
    std::string format = "text";
    bool strict = false;
    bool trust_files = false;
    std::uint64_t descriptors = 0; ///< 0: the limit that holds here
};

std::uint64_t descriptor_limit()
{
    rlimit limit{};
    // The daemon raises the soft limit to the hard one.
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY
               ? static_cast<std::uint64_t>(limit.rlim_max)
               : 0;
}

std::string formatted(const CheckReport& report, const std::string& format)
{
    if (format == "json")
        return check_as_json(report);
    if (format == "sarif")
        return check_as_sarif(report);
    return format == "github" ? check_as_github(report) : check_as_text(report);
}

void check(const CheckOptions& options, Session& session)
{
    config::DiskFiles files(options.trust_files ? config::Trust::everybody : config::Trust::owners);
    config::SystemNameLookup names;
    DiskFileInspector inspector;
    config::LintOptions lint_options;
    lint_options.descriptor_limit =
        options.descriptors != 0 ? options.descriptors : descriptor_limit();
    lint_options.uid = ::geteuid();
    CheckReport report;
    for (const std::string& path : options.paths)
        check_path(path, files, names, inspector, lint_options, report);
    const bool as_json = session.options.json && options.format == "text";
    session.print(formatted(report, as_json ? "json" : options.format));
    if (report.errors > 0 || (options.strict && report.warnings > 0))
        session.status = ExitStatus::no;
}

} // namespace

void add_check_command(CLI::App& app, Session& session)
{
    auto options = std::make_shared<CheckOptions>();
    options->paths = {"/etc/usherd/usherd.conf"};
    CLI::App* const command =
        app.add_subcommand("check", "find mistakes in configuration files; needs no daemon");
    command
        ->add_option("path", options->paths,
                     "main files, single drop-ins, directories of drop-ins "
                     "(default: /etc/usherd/usherd.conf)")
        ->option_text("FILE|DIR ...");
    command->add_option("--format", options->format, "text, json, sarif, github")
        ->check(CLI::IsMember({"text", "json", "sarif", "github"}))
        ->option_text("FORMAT");
    command->add_flag("--strict", options->strict, "warnings, too, make the exit status 1");
    command->add_flag("--trust-files", options->trust_files,
                      "read files that others can write, as `usherd --trust-files` does");
    command
        ->add_option("--descriptors", options->descriptors,
                     "the daemon's limit of open descriptors (default: the hard limit here)")
        ->option_text("N");
    command->callback([options, &session] { check(*options, session); });
}

} // namespace usherd::ctl
