// SPDX-License-Identifier: BSD-2-Clause
//
// Prometheus' text format as JSON, for `usherctl --json metrics`. Pure.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usherd::ctl {

/// `{"metrics":[{"name","type","help","samples":[{"name","labels":{},"value"}]}]}`, one object for
/// each family, in the order of the text. A value that JSON has no number for is a string.
/// @return nothing if the text is none of the format.
/// @see https://prometheus.io/docs/instrumenting/exposition_formats/
[[nodiscard]] std::optional<std::string> metrics_json(std::string_view text);

} // namespace usherd::ctl
