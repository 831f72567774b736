// SPDX-License-Identifier: BSD-2-Clause
//
// Names of drop-ins.

#include "config-parser/drop_in_name.h"

namespace usherd::config {

FrontEnd front_end_for_named(std::string_view path) noexcept
{
    const bool is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    return is_yaml ? FrontEnd::yaml : FrontEnd::xinetd;
}

FrontEnd front_end_for(std::string_view name) noexcept
{
    if (!name.starts_with('.') && front_end_for_named(name) == FrontEnd::yaml)
        return FrontEnd::yaml;
    const bool passed_over = name.find('.') != std::string_view::npos || name.ends_with('~');
    return passed_over ? FrontEnd::none : FrontEnd::xinetd;
}

} // namespace usherd::config
