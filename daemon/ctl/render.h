// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's answers as people read them: tables and lines. Pure: the time is an argument, and
// what came from outside is made harmless.

#pragma once

#include <string>

#include "daemon/control/activity.h"
#include "daemon/control/plan.h"
#include "daemon/control/status.h"
#include "daemon/control/trace.h"
#include "daemon/ctl/table.h"

namespace usherd::ctl {

[[nodiscard]] std::string render(const control::DaemonStatus& status, const Style& style);
/// @param now for ages; that of the machine which also the daemon runs on.
[[nodiscard]] std::string render(const control::ServiceList& list, control::Time now,
                                 const Style& style);
[[nodiscard]] std::string render(const control::ServiceDetails& details, control::Time now,
                                 const Style& style);
[[nodiscard]] std::string render(const control::ConnectionList& list, control::Time now,
                                 const Style& style);
[[nodiscard]] std::string render(const control::SourceLists& lists, const Style& style);
[[nodiscard]] std::string render(const control::BanList& list, control::Time now,
                                 const Style& style);
/// One line.
[[nodiscard]] std::string render(const control::Event& event, const Style& style);
[[nodiscard]] std::string render(const control::Trace& trace, const Style& style);
[[nodiscard]] std::string render(const control::ReloadAnswer& answer, const Style& style);

/// `FILE:LINE:COLUMN`, as far as known.
[[nodiscard]] std::string place_text(const control::Place& place);
/// `10 address, 2 rate`, most frequent first.
[[nodiscard]] std::string counts_text(const control::CountByName& counts);
[[nodiscard]] Color state_color(std::string_view state) noexcept;

} // namespace usherd::ctl
