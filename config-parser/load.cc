// SPDX-License-Identifier: BSD-2-Clause
//
// The whole load. In the usual case one pass: `defaults` come first. Where they come after a
// service, a first pass finds out what they say and a second one begins with that.

#include "config-parser/load.h"

#include "config-parser/assembly.h"
#include "config-parser/file_walk.h"
#include "config-parser/recall.h"

namespace usherd::config {

namespace {

/// What remains of a first pass whose `defaults` came too late.
struct Pass {
    LoadResult result;
    std::optional<ServiceDraft> late_defaults;
};

std::string grammar_error_in_main(const Diagnostics& diagnostics, const std::string& main_file)
{
    for (const Diagnostic& diagnostic : diagnostics.all())
        if (diagnostic.effect == Effect::entry_lost && diagnostic.path == main_file)
            return brief(diagnostic);
    return "a syntax error in the main file";
}

/// Where a load reads, and what it knows of the last one.
struct World {
    FileSource& files;
    NameLookup& names;
    StampSource* stamps = nullptr; ///< null: nothing is remembered
    LoadMemory* memory = nullptr;
};

void walk_files(FileWalk& walk, const std::string& path, const LoadOptions& options)
{
    walk.read_main(path);
    if (options.include_inetd_conf)
        walk.read_inetd_conf(options.inetd_conf, options.inetd_dialect);
}

void take(FileWalk::Entry entry, Assembly& assembly, Recall* recall)
{
    auto* const section = std::get_if<RawSection>(&entry);
    if (section == nullptr) {
        if (recall != nullptr)
            recall->on_other();
        return assembly.take(std::get<LostService>(entry));
    }
    if (recall != nullptr && section->kind == RawSection::Kind::defaults)
        recall->on_defaults(*section);
    else if (recall != nullptr)
        recall->on_service();
    assembly.take(std::move(*section));
}

void conclude(FileWalk& walk, Assembly&& assembly, const std::string& path, LoadResult& result)
{
    std::move(assembly).complete(result);
    result.skipped_files = std::move(walk.skipped_files());
    result.unreadable = std::move(walk.unreadable());
    if (!walk.main_file_error().empty()) {
        result.main_file_unreadable = true;
        result.refused_because = walk.main_file_error();
    } else if (result.refused_because.empty() && !walk.main_file_is_clean()) {
        result.refused_because = grammar_error_in_main(*result.diagnostics, path);
    }
}

Pass read_all(const World& world, const std::string& path, const LoadOptions& options,
              const ServiceDraft* final_defaults)
{
    Pass pass;
    LoadResult& result = pass.result;
    result.sources = std::make_shared<Sources>();
    result.diagnostics = std::make_shared<Diagnostics>(*result.sources);
    const bool recalls = world.memory != nullptr;
    InquiryLog inquiries(world.names, world.files);
    InquiringFiles inquiring(world.files, inquiries);
    NameLookup& names = recalls ? static_cast<NameLookup&>(inquiries) : world.names;
    FileSource& files = recalls ? static_cast<FileSource&>(inquiring) : world.files;
    SetterContext context{*result.diagnostics, files, names, options.keep_rule_places};
    Assembly assembly(context, options, final_defaults);
    std::optional<Recall> recall;
    if (recalls)
        recall.emplace(*world.memory, *world.stamps, inquiries, *result.sources,
                       *result.diagnostics, assembly);
    FileWalk walk(world.files, *result.sources, *result.diagnostics, options.base_directory,
                  [&](FileWalk::Entry entry) {
                      take(std::move(entry), assembly, recall ? &*recall : nullptr);
                  });
    if (recall)
        walk.use(*recall);
    walk_files(walk, path, options);
    if (assembly.came_too_late()) {
        pass.late_defaults = assembly.defaults();
        return pass;
    }
    conclude(walk, std::move(assembly), path, result);
    if (recall)
        std::move(*recall).finish(result);
    result.sources->drop_texts();
    return pass;
}

LoadResult load(const World& world, const std::string& path, const LoadOptions& options)
{
    Pass pass = read_all(world, path, options, nullptr);
    if (pass.late_defaults) {
        // What a service gets depends on what comes after it: that is not remembered.
        if (world.memory != nullptr)
            *world.memory = {};
        const ServiceDraft defaults = *std::move(pass.late_defaults);
        pass = read_all({world.files, world.names}, path, options, &defaults);
    }
    return std::move(pass.result);
}

} // namespace

LoadResult load(FileSource& files, NameLookup& names, const std::string& path,
                const LoadOptions& options)
{
    return load({files, names}, path, options);
}

LoadResult load(FileSource& files, StampSource& stamps, NameLookup& names, const std::string& path,
                const LoadOptions& options, LoadMemory& memory)
{
    return load({files, names, &stamps, &memory}, path, options);
}

} // namespace usherd::config
