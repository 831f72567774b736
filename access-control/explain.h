// SPDX-License-Identifier: BSD-2-Clause
//
// Why decide() says what it says: each check in its order, with its verdict, how far a limit is
// from refusing, and which rule matched. A test holds it against decide().

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "access-control/decision.h"

namespace usherd::access {

/// In the order of decide().
enum class Check : std::uint8_t {
    ban,
    rate,
    load,
    time,
    service_limit,
    per_source_limit,
    process_limit,
    sensor,
    only_from,
    no_access,
};
inline constexpr int check_count = 10;
[[nodiscard]] std::string_view name(Check check) noexcept;

enum class Verdict : std::uint8_t {
    pass,
    refuse,
    skip,        ///< the policy has no such rule, or it does not apply to this client
    not_reached, ///< a check before it refused
};
[[nodiscard]] std::string_view name(Verdict verdict) noexcept;

struct Step {
    Check check = Check::ban;
    Verdict verdict = Verdict::skip;
    std::optional<double> used; ///< with a limit, in its unit
    std::optional<double> limit;
    Match match; ///< of the address lists: the rule that matched

    bool operator==(const Step&) const = default;
};

struct Explanation {
    std::vector<Step> steps; ///< check_count of them
    Decision decision;       ///< what decide() returns
};

[[nodiscard]] Explanation explain(const Policy& policy, const Facts& facts);

/// The reason with which a check refuses.
[[nodiscard]] Reason reason_of(Check check) noexcept;

} // namespace usherd::access
