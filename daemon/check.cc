// SPDX-License-Identifier: BSD-2-Clause
#include <cstdio>

#include "config-parser/attribute_table.h"
#include "config-parser/disk_file_source.h"
#include "config-parser/load.h"
#include "config-parser/system_name_lookup.h"
#include "daemon/core/unsupported.h"
#include "daemon/run.h"

namespace usherd::daemon {

namespace {

constexpr int status_clean = 0;
constexpr int status_warnings = 1;
constexpr int status_errors = 2;

void print(const std::string& text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_services(const config::LoadResult& loaded)
{
    for (const auto& spec : loaded.services)
        if (const auto why = core::unsupported_effect(*spec))
            print(fmt::format("{}:{}:{}: warning: service {} will be out of service: {}\n",
                              loaded.sources->path(spec->location.file), spec->location.line,
                              spec->location.column, spec->id, *why));
    for (const auto& path : loaded.skipped_files)
        print(fmt::format("{}: note: skipped because of its name\n", path));
    print(fmt::format("{} services, {} dropped, {} errors, {} warnings\n", loaded.services.size(),
                      loaded.dropped.size(), loaded.diagnostics->errors(),
                      loaded.diagnostics->warnings()));
}

} // namespace

int check(const Options& options)
{
    config::DiskFiles files(options.trust_files ? config::Trust::everybody : config::Trust::owners);
    config::SystemNameLookup names;
    config::LoadOptions load_options;
    load_options.port_offset = options.port_offset;
    load_options.include_inetd_conf = options.inetd_compat;
    load_options.inetd_dialect = options.inetd_dialect;
    const auto loaded = config::load(files, names, options.config_file, load_options);
    for (const auto& diagnostic : loaded.diagnostics->all())
        if (diagnostic.severity != config::Severity::debug)
            print(config::render(diagnostic));
    if (const auto more = loaded.diagnostics->not_kept(); more > 0)
        print(fmt::format("… and {} more diagnostics\n", more));
    print_services(loaded);
    if (loaded.diagnostics->errors() > 0 || !loaded.refused_because.empty())
        return status_errors;
    const bool strict = options.check == CheckMode::strict;
    return strict && loaded.diagnostics->warnings() > 0 ? status_warnings : status_clean;
}

int list_attributes()
{
    for (const config::Row& row : config::attribute_table())
        print(fmt::format("{}\n", row.name));
    return status_clean;
}

} // namespace usherd::daemon
