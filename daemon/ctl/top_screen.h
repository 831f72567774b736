// SPDX-License-Identifier: BSD-2-Clause
//
// The screen of `usherctl top` as lines of text. Pure.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/ctl/top_model.h"

namespace usherd::ctl {

enum class TopPage : std::uint8_t { services, sources };

struct TopView {
    TopPage page = TopPage::services;
    TopSort sort = TopSort::rate;
    std::size_t first = 0; ///< row on top: how far it is scrolled
    std::size_t columns = 80;
    std::size_t lines = 24;
    bool color = true;
    bool unicode = true; ///< blocks for sparklines; else `.:-=+*#`
    std::string trouble; ///< in place of the line of keys; empty: none
};

/// At most `view.lines` lines of at most `view.columns` columns, codes for colours aside.
[[nodiscard]] std::vector<std::string> draw(const TopModel& model, const TopView& view);

/// A character for each value, the highest one as the largest.
[[nodiscard]] std::string sparkline(std::span<const double> values, bool unicode);

} // namespace usherd::ctl
