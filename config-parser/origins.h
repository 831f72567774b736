// SPDX-License-Identifier: BSD-2-Clause
//
// Where the attributes of a service stand. Kept from the service's own place on, so that services
// of the same shape, each in a file of its own, have equal ones and share them.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config-parser/source_location.h"

namespace usherd::config {

/// Where the value of an attribute came from (a service line, a line in `defaults`, …).
struct AttributeOrigin {
    std::uint16_t attribute = 0; ///< row number in attribute_table.h
    bool inherited = false;      ///< set in `defaults`, not in the service
    SourceLocation location;
    bool operator==(const AttributeOrigin&) const = default;
};

class Origins {
public:
    Origins() = default;
    /// @param service where it begins
    Origins(const std::vector<AttributeOrigin>& all, const SourceLocation& service);

    /// Those that it was made from. @param service where it begins, perhaps elsewhere by now
    [[nodiscard]] std::vector<AttributeOrigin> all(const SourceLocation& service) const;

    /// The one of an attribute. @param service as above
    [[nodiscard]] std::optional<AttributeOrigin> find(std::uint16_t attribute,
                                                      const SourceLocation& service) const;

    bool operator==(const Origins&) const = default;

private:
    struct Kept {
        [[nodiscard]] AttributeOrigin from(const SourceLocation& service) const;

        AttributeOrigin origin; ///< where `is_near`, its file is 0 and its line counts from service
        bool is_near = false;   ///< in the service's own file
        bool operator==(const Kept&) const = default;
    };
    std::vector<Kept> kept_;
};

} // namespace usherd::config
