// SPDX-License-Identifier: BSD-2-Clause
//
// Nearest rank over the sorted samples; sorted once, when first asked.

#include "tests/bench/percentiles.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace usherd::bench {

std::size_t nearest_rank(double percent, std::size_t count) noexcept
{
    // 99.9 % of 1,000 is 999.0000000000001 in binary; the rank is 999 all the same.
    constexpr double rounding_error = 1e-9;
    const double exact = percent / 100.0 * static_cast<double>(count);
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(exact - rounding_error)));
    return std::min(rank, count);
}

std::optional<Duration> Samples::percentile(double percent)
{
    if (values_.empty())
        return std::nullopt;
    return sorted()[nearest_rank(percent, values_.size()) - 1];
}

const std::vector<Duration>& Samples::sorted()
{
    if (!is_sorted_) {
        std::sort(values_.begin(), values_.end());
        is_sorted_ = true;
    }
    return values_;
}

std::optional<Duration> Samples::mean() const
{
    if (values_.empty())
        return std::nullopt;
    const auto sum = std::accumulate(values_.begin(), values_.end(), Duration{});
    return sum / static_cast<Duration::rep>(values_.size());
}

} // namespace usherd::bench
