// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/line_budget.h"

#include <algorithm>

#include <fmt/format.h>

namespace usherd::core {

namespace {

constexpr std::chrono::seconds window{1};

} // namespace

bool LineBudget::take(std::string_view service, std::string_view kind, std::string_view text,
                      int level, SteadyTime now)
{
    const auto [entry, is_new] =
        entries_.try_emplace({std::string(service), std::string(kind)}, Entry{});
    Entry& line = entry->second;
    if (is_new || (line.held_back == 0 && now - line.since >= window)) {
        line.since = now;
        return true;
    }
    ++line.held_back;
    line.last_text = text;
    line.level = level;
    return false;
}

std::vector<LineBudget::Summary> LineBudget::collect(SteadyTime now)
{
    std::vector<Summary> summaries;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        Entry& line = entry->second;
        if (now - line.since < window) {
            ++entry;
        } else if (line.held_back == 0) {
            entry = entries_.erase(entry);
        } else {
            summaries.push_back({std::move(line.last_text), line.level, line.held_back});
            line = {now, 0, {}, 0};
            ++entry;
        }
    }
    return summaries;
}

std::optional<LineBudget::SteadyTime> LineBudget::next_due() const
{
    std::optional<SteadyTime> due;
    for (const auto& [key, line] : entries_)
        due = std::min(due.value_or(SteadyTime::max()), line.since + window);
    return due;
}

std::string summary_line(const LineBudget::Summary& summary)
{
    if (summary.held_back <= 1)
        return summary.text;
    return fmt::format("{} … and {} more in the last second", summary.text, summary.held_back - 1);
}

} // namespace usherd::core
