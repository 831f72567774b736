// SPDX-License-Identifier: BSD-2-Clause
//
// What values read as that are not there.

#include "config-parser/rare.h"

namespace usherd::config {

const std::string& RareText::str() const noexcept
{
    static const std::string nothing;
    return text_ ? *text_ : nothing;
}

ResourceLimits::Value& ResourceLimits::operator[](std::size_t which)
{
    if (!values_)
        values_.emplace();
    return (*values_)[which];
}

const ResourceLimits::Value& ResourceLimits::operator[](std::size_t which) const noexcept
{
    static const Value nothing;
    return values_ ? (*values_)[which] : nothing;
}

bool ResourceLimits::operator==(const ResourceLimits& other) const
{
    for (std::size_t i = 0; i < resource_limit_count; ++i)
        if ((*this)[i] != other[i])
            return false;
    return true;
}

} // namespace usherd::config
