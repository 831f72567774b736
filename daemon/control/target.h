// SPDX-License-Identifier: BSD-2-Clause
//
// A request target, `/v1/services/a%2Fb?top=3`, taken apart and put together. RFC 3986, 2.1, 3.3
// and 3.4; of the query the usual NAME=VALUE with `&` between, and no `+` for a blank.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usherd::control {

struct QueryItem {
    std::string name;
    std::string value;

    bool operator==(const QueryItem&) const = default;
};

struct Target {
    std::vector<std::string> path; ///< decoded parts between slashes; `/` is one empty part
    std::vector<QueryItem> query;  ///< decoded, in order

    bool operator==(const Target&) const = default;
};

/// @return none for what does not begin with a slash (or `http://AUTHORITY` and one), for a broken
/// percent-encoding, for a control character, decoded or not, and for too many parameters.
[[nodiscard]] std::optional<Target> split_target(std::string_view target);

/// All but letters, digits and `-._~` as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

} // namespace usherd::control
