// SPDX-License-Identifier: BSD-2-Clause
//
// Which files of a drop-in directory are read, and by which front end.

#pragma once

#include <string_view>

namespace usherd::config {

enum class FrontEnd { xinetd, yaml, none };

/// For a name in an `includedir` directory: xinetd passes over names with a dot anywhere or `~` at
/// the end; `*.yaml` and `*.yml` (but not hidden ones) are our exception.
[[nodiscard]] FrontEnd front_end_for(std::string_view name) noexcept;

/// For a file that is named outright (`include`, -f): YAML by its suffix, else xinetd syntax.
[[nodiscard]] FrontEnd front_end_for_named(std::string_view path) noexcept;

} // namespace usherd::config
