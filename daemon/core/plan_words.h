// SPDX-License-Identifier: BSD-2-Clause
//
// A ReloadPlan in words: what is added, what changes from what to what, what goes away and who is
// affected. Pure.

#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "daemon/control/plan.h"
#include "daemon/core/reload_plan.h"

namespace usherd::core {

/// @param sessions how many handlers a running service has, by its index.
/// @param wanted what the plan was made from.
[[nodiscard]] control::ReloadAnswer
plan_in_words(const ReloadPlan& plan, std::span<const RunningService> running,
              const config::LoadResult& wanted,
              const std::function<std::uint64_t(std::size_t)>& sessions);

/// The attributes in which two specs differ, in the order of the attribute table.
[[nodiscard]] std::vector<control::AttributeChange> changes(const config::ServiceSpec& from,
                                                            const config::ServiceSpec& to);

} // namespace usherd::core
