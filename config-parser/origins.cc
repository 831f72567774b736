// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/origins.h"

namespace usherd::config {

Origins::Origins(const std::vector<AttributeOrigin>& all, const SourceLocation& service)
{
    kept_.reserve(all.size());
    for (const AttributeOrigin& origin : all) {
        Kept kept{origin, origin.location.file == service.file};
        if (kept.is_near) {
            kept.origin.location.file = {};
            kept.origin.location.line -= service.line; // wraps for a line before it, and back
        }
        kept_.push_back(kept);
    }
}

AttributeOrigin Origins::Kept::from(const SourceLocation& service) const
{
    AttributeOrigin result = origin;
    if (is_near) {
        result.location.file = service.file;
        result.location.line += service.line;
    }
    return result;
}

std::vector<AttributeOrigin> Origins::all(const SourceLocation& service) const
{
    std::vector<AttributeOrigin> all;
    all.reserve(kept_.size());
    for (const Kept& kept : kept_)
        all.push_back(kept.from(service));
    return all;
}

std::optional<AttributeOrigin> Origins::find(std::uint16_t attribute,
                                             const SourceLocation& service) const
{
    for (const Kept& kept : kept_)
        if (kept.origin.attribute == attribute)
            return kept.from(service);
    return std::nullopt;
}

} // namespace usherd::config
