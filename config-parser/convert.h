// SPDX-License-Identifier: BSD-2-Clause
//
// One syntax to another, on the raw documents: what the daemon makes of the result is what it made
// of the original. Comments stay where the target has a place for them.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config-parser/diagnostic.h"

namespace usherd::config {

enum class Syntax : std::uint8_t { inetd, xinetd, yaml };

/// By the name of a file: `*.yaml` and `*.yml`, `inetd.conf` and its like, else xinetd's.
[[nodiscard]] Syntax syntax_of_name(std::string_view path) noexcept;

struct Conversion {
    std::string text;
    /// False if something of the original is not in `text`; `diagnostics` says what, at its place.
    /// A service that lacks something is there with `disable = yes`.
    bool complete = true;
    std::shared_ptr<Sources> sources;
    std::shared_ptr<Diagnostics> diagnostics;
};

/// @param path for diagnostics. @param to xinetd or yaml.
[[nodiscard]] Conversion convert(std::string_view text, const std::string& path, Syntax from,
                                 Syntax to);

} // namespace usherd::config
