// SPDX-License-Identifier: BSD-2-Clause
//
// What `usherctl check` finds: the daemon's own loader, then the linter, over a main file, one
// drop-in alone, or a directory of them. Prints nothing.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config-parser/lint.h"

namespace usherd::ctl {

/// The rule of what the loader itself has to say.
inline constexpr std::string_view loader_rule = "UL000";

struct CheckItem {
    std::string_view rule; ///< UL000, UL001 …
    config::Diagnostic diagnostic;
};

struct CheckReport {
    std::vector<CheckItem> items; ///< notes stand behind what they belong to
    std::size_t services = 0;     ///< that would run
    std::size_t dropped = 0;
    std::size_t errors = 0;
    std::size_t warnings = 0;
};

/// Adds what is found at `path` to `report`.
/// @param path a file; or a directory, which is read as `includedir` reads it.
/// @param options is_fragment is found out here
void check_path(const std::string& path, config::FileSource& files, config::NameLookup& names,
                config::FileInspector& inspector, config::LintOptions options, CheckReport& report);

} // namespace usherd::ctl
