// SPDX-License-Identifier: BSD-2-Clause
//
// A check's report as people, programs, code scanners and GitHub's log want to read it. Pure.

#pragma once

#include <string>

#include "daemon/ctl/check.h"

namespace usherd::ctl {

/// As a compiler prints it, and a last line with the counts.
[[nodiscard]] std::string check_as_text(const CheckReport& report);
/// One JSON object. @see usherctl(8), check
[[nodiscard]] std::string check_as_json(const CheckReport& report);
/// SARIF 2.1.0, for code scanners. @see docs.oasis-open.org/sarif/sarif/v2.1.0
[[nodiscard]] std::string check_as_sarif(const CheckReport& report);
/// Workflow commands, `::error file=…`, which GitHub shows beside the line.
[[nodiscard]] std::string check_as_github(const CheckReport& report);

} // namespace usherd::ctl
