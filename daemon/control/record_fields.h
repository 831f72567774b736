// SPDX-License-Identifier: BSD-2-Clause
//
// A service record taken apart again, for logs that machines read. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usherd::control {

struct RecordFields {
    std::string type;    ///< START, EXIT, FAIL, …
    std::string service; ///< id
    std::string text;    ///< words that are no fields: the reason of FAIL
    /// pid, status, signal, duration, in, out; in the order of the record, units left out.
    std::vector<std::pair<std::string, std::int64_t>> numbers;
    std::optional<std::string> from; ///< absent for `<no address>`, too
};

/// @return nullopt if `record` does not begin with `TYPE: ID`.
[[nodiscard]] std::optional<RecordFields> parse_record(std::string_view record);

} // namespace usherd::control
