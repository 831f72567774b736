// SPDX-License-Identifier: BSD-2-Clause
//
// The whole load. In the usual case one pass: `defaults` come first. Where they come after a
// service, a first pass finds out what they say and a second one begins with that.

#include "config-parser/load.h"

#include "config-parser/assembly.h"
#include "config-parser/file_walk.h"

namespace usherd::config {

namespace {

/// What remains of a first pass whose `defaults` came too late.
struct Pass {
    LoadResult result;
    std::optional<ServiceDraft> late_defaults;
};

std::string grammar_error_in_main(const Diagnostics& diagnostics)
{
    for (const Diagnostic& diagnostic : diagnostics.all())
        if (diagnostic.effect == Effect::entry_lost && diagnostic.location.file == SourceId{})
            return brief(diagnostic);
    return "a syntax error in the main file";
}

Pass read_all(FileSource& files, NameLookup& names, const std::string& path,
              const LoadOptions& options, const ServiceDraft* final_defaults)
{
    Pass pass;
    LoadResult& result = pass.result;
    result.sources = std::make_shared<Sources>();
    result.diagnostics = std::make_shared<Diagnostics>(*result.sources);
    SetterContext context{*result.diagnostics, files, names, options.keep_rule_places};
    Assembly assembly(context, options, final_defaults);
    FileWalk walk(files, *result.sources, *result.diagnostics, options.base_directory,
                  [&assembly](FileWalk::Entry entry) {
                      if (auto* section = std::get_if<RawSection>(&entry))
                          assembly.take(std::move(*section));
                      else
                          assembly.take(std::get<LostService>(entry));
                  });
    walk.read_main(path);
    if (options.include_inetd_conf)
        walk.read_inetd_conf(options.inetd_conf, options.inetd_dialect);
    if (assembly.came_too_late()) {
        pass.late_defaults = assembly.defaults();
        return pass;
    }
    std::move(assembly).complete(result);
    result.skipped_files = std::move(walk.skipped_files());
    result.unreadable = std::move(walk.unreadable());
    if (!walk.main_file_error().empty()) {
        result.main_file_unreadable = true;
        result.refused_because = walk.main_file_error();
    } else if (result.refused_because.empty() && !walk.main_file_is_clean()) {
        result.refused_because = grammar_error_in_main(*result.diagnostics);
    }
    result.sources->drop_texts();
    return pass;
}

} // namespace

LoadResult load(FileSource& files, NameLookup& names, const std::string& path,
                const LoadOptions& options)
{
    Pass pass = read_all(files, names, path, options, nullptr);
    if (pass.late_defaults) {
        const ServiceDraft defaults = *std::move(pass.late_defaults);
        pass = read_all(files, names, path, options, &defaults);
    }
    return std::move(pass.result);
}

} // namespace usherd::config
