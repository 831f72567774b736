// SPDX-License-Identifier: BSD-2-Clause
//
// Questions to a draft.

#include "config-parser/service_draft.h"

#include <algorithm>

namespace usherd::config {

std::optional<SourceLocation> ServiceDraft::given(std::uint16_t attribute) const
{
    for (const AttributeOrigin& origin : origins)
        if (origin.attribute == attribute && !origin.inherited)
            return origin.location;
    return std::nullopt;
}

} // namespace usherd::config
