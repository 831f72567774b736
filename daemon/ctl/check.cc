// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/check.h"

#include <algorithm>

namespace usherd::ctl {

namespace {

using config::Severity;

/// Another source, and one file that only exists here.
class WithVirtualFile final : public config::FileSource {
public:
    WithVirtualFile(config::FileSource& files, std::string path, std::string text)
        : files_(files), path_(std::move(path)),
          text_(std::make_shared<const std::string>(std::move(text)))
    {
    }
    std::variant<Text, config::FileError> read(const std::string& path) override
    {
        return path == path_ ? text_ : files_.read(path);
    }
    std::variant<std::vector<std::string>, config::FileError> list(const std::string& path) override
    {
        return files_.list(path);
    }
    std::variant<std::monostate, config::FileError> may_execute(const std::string& path) override
    {
        return files_.may_execute(path);
    }

private:
    config::FileSource& files_;
    std::string path_;
    Text text_;
};

void add(CheckReport& report, std::string_view rule, const config::Diagnostic& diagnostic)
{
    if (diagnostic.severity >= Severity::error)
        ++report.errors;
    else if (diagnostic.severity == Severity::warning)
        ++report.warnings;
    report.items.push_back({rule, diagnostic});
}

/// What the loader says below a warning is for its log; notes belong to what stands before them.
void add_loaders(CheckReport& report, const config::Diagnostics& diagnostics)
{
    bool shown = false;
    for (const config::Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity != Severity::note)
            shown = diagnostic.severity >= Severity::warning;
        if (shown)
            add(report, loader_rule, diagnostic);
    }
}

void run(const std::string& path, config::FileSource& files, config::NameLookup& names,
         config::FileInspector& inspector, config::LintOptions& options, CheckReport& report)
{
    config::LoadOptions load_options;
    load_options.keep_rule_places = true;
    load_options.base_directory = options.base_directory;
    const config::LoadResult loaded = config::load(files, names, path, load_options);
    add_loaders(report, *loaded.diagnostics);
    // A main file has `defaults`, or includes others.
    options.is_fragment =
        loaded.defaults.origins().empty() && (options.is_fragment || loaded.sources->size() == 1);
    for (const config::Finding& finding : config::lint(loaded, files, inspector, options))
        add(report, finding.rule->id, finding.diagnostic);
    report.services += loaded.services.size();
    report.dropped += loaded.dropped.size();
}

} // namespace

void check_path(const std::string& path, config::FileSource& files, config::NameLookup& names,
                config::FileInspector& inspector, config::LintOptions options, CheckReport& report)
{
    const auto status = inspector.status(path);
    options.is_fragment = status && status->is_directory;
    if (!options.is_fragment) {
        run(path, files, names, inspector, options, report);
        return;
    }
    const std::string directory = path.ends_with('/') ? path : path + '/';
    WithVirtualFile with_main(files, directory, "includedir " + directory + "\n");
    run(directory, with_main, names, inspector, options, report);
}

} // namespace usherd::ctl
