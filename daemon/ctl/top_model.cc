// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/top_model.h"

#include <algorithm>

namespace usherd::ctl {

namespace {

/// What was counted since; a daemon that was started anew counts from nothing.
std::uint64_t grown(std::uint64_t before, std::uint64_t now) noexcept
{
    return now >= before ? now - before : now;
}

double sort_value(const TopRow& row, TopSort sort) noexcept
{
    switch (sort) {
    case TopSort::rate:
        return row.accepted_rate + row.refused_rate;
    case TopSort::accepted:
        return static_cast<double>(row.service.accepted);
    case TopSort::refused:
        return static_cast<double>(row.service.refused);
    case TopSort::running:
        return static_cast<double>(row.service.running);
    case TopSort::name:
        break;
    }
    return 0;
}

} // namespace

std::string_view name(TopSort sort) noexcept
{
    constexpr std::array<std::string_view, 5> names{"rate", "accepted", "refused", "running",
                                                    "name"};
    return names[static_cast<std::size_t>(sort)];
}

void History::add(std::uint64_t count, std::int64_t now)
{
    const auto slot = [this](std::int64_t second) -> float& {
        return ring_[static_cast<std::size_t>(second) % ring_.size()];
    };
    if (!last_) { // what came before is not known to have come now
        last_ = now;
        return;
    }
    if (now <= *last_) {
        slot(*last_) += static_cast<float>(count);
        return;
    }
    const std::int64_t passed =
        std::min<std::int64_t>(now - *last_, static_cast<std::int64_t>(ring_.size()));
    for (std::int64_t i = 0; i < passed; ++i)
        slot(now - i) = static_cast<float>(count) / static_cast<float>(passed);
    last_ = now;
}

std::vector<double> History::columns(std::size_t columns) const
{
    std::vector<double> means(columns, 0.0);
    if (!last_ || columns == 0)
        return means;
    const std::size_t span = (ring_.size() + columns - 1) / columns;
    for (std::size_t age = 0; age < ring_.size(); ++age) {
        const std::size_t column = age / span;
        if (column >= columns)
            break;
        const auto second = *last_ - static_cast<std::int64_t>(age);
        if (second >= 0)
            means[columns - 1 - column] +=
                static_cast<double>(ring_[static_cast<std::size_t>(second) % ring_.size()]);
    }
    for (double& mean : means)
        mean /= static_cast<double>(span);
    return means;
}

void TopModel::take(control::ServiceList list, std::int64_t now)
{
    const double seconds = last_ && now > *last_ ? static_cast<double>(now - *last_) / 1000.0 : 0.0;
    std::map<std::uint64_t, TopRow> rows;
    accepted_rate_ = refused_rate_ = 0;
    for (control::ServiceSummary& service : list.services) {
        const std::uint64_t key = service.key;
        TopRow row;
        std::uint64_t arrivals = 0;
        if (const auto known = rows_.find(key); known != rows_.end()) {
            row = std::move(known->second);
            const auto accepted = grown(row.service.accepted, service.accepted);
            const auto refused = grown(row.service.refused, service.refused);
            arrivals = accepted + refused;
            if (seconds > 0) {
                row.accepted_rate = static_cast<double>(accepted) / seconds;
                row.refused_rate = static_cast<double>(refused) / seconds;
            }
        }
        row.history.add(arrivals, now / 1000);
        row.service = std::move(service);
        accepted_rate_ += row.accepted_rate;
        refused_rate_ += row.refused_rate;
        rows.insert_or_assign(key, std::move(row));
    }
    rows_ = std::move(rows);
    last_ = now;
}

std::vector<const TopRow*> TopModel::rows(TopSort sort) const
{
    std::vector<const TopRow*> rows;
    rows.reserve(rows_.size());
    for (const auto& [key, row] : rows_)
        rows.push_back(&row);
    std::stable_sort(rows.begin(), rows.end(), [sort](const TopRow* left, const TopRow* right) {
        const double one = sort_value(*left, sort);
        const double other = sort_value(*right, sort);
        return one != other ? one > other : left->service.id < right->service.id;
    });
    return rows;
}

} // namespace usherd::ctl
