// SPDX-License-Identifier: BSD-2-Clause
//
// From a main file to specs and diagnostics: follows include and includedir, applies defaults,
// enabled and disabled, validates. One bad file never hides the next error nor takes down another
// service. Reads through FileSource and NameLookup only.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config-parser/diagnostic.h"
#include "config-parser/file_source.h"
#include "config-parser/inetd_front_end.h"
#include "config-parser/name_lookup.h"
#include "config-parser/service_spec.h"

namespace usherd::config {

struct LoadOptions {
    std::uint16_t port_offset = 0;   ///< added to every TCP and UDP port (--port-offset)
    bool include_inetd_conf = false; ///< -inetd_compat
    InetdDialect inetd_dialect = InetdDialect::bsd;
    std::string inetd_conf = "/etc/inetd.conf";
    /// Fills in ShownLists::*_places, for the linter and `explain`: 12 bytes for each rule.
    bool keep_rule_places = false;
    /// Absolute; what relative paths of the main file and of includes are resolved against. The
    /// daemon gives the directory it was started in, at a reload the same. Empty: the current one.
    std::string base_directory;
};

/// A service that was configured and cannot run; `id` is the service's name where the entry was
/// lost before its id was read.
struct DroppedService {
    std::string id;
    std::string name;
    SourceLocation location;
    std::string why; ///< the first of its diagnostics, one line
};

using SpecPointer = std::shared_ptr<const ServiceSpec>;

struct LoadResult {
    /// Not empty: the whole load is refused (the main file cannot be read, an error in `defaults`
    /// or in the main file's grammar). A start goes on with what was read where xinetd would.
    std::string refused_because;
    bool main_file_unreadable = false;
    bool defaults_fatal = false;               ///< a bad value in `defaults`: xinetd exits
    std::vector<SpecPointer> services;         ///< in file order
    std::vector<DroppedService> dropped;       ///< by errors; not by `disable` or `enabled`
    std::optional<std::uint32_t> status_group; ///< of `defaults`: who may open the status socket
    ServiceSpec defaults;                      ///< what `defaults` blocks say, for the dump
    bool defaults_used = false;                ///< some service was completed from them
    std::shared_ptr<Sources> sources;          ///< names of files; texts dropped
    std::shared_ptr<Diagnostics> diagnostics;
    std::vector<std::string> skipped_files; ///< drop-ins left out because of their names
    /// Files and directories that are there but cannot be read, as written: a reload does not take
    /// what they held for removed.
    std::vector<std::string> unreadable;
};

/// @param path of the main file.
[[nodiscard]] LoadResult load(FileSource& files, NameLookup& names, const std::string& path,
                              const LoadOptions& options);

} // namespace usherd::config
