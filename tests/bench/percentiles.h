// SPDX-License-Identifier: BSD-2-Clause
//
// Percentiles of measured durations, by nearest rank: every number shown is one that was measured,
// nothing is interpolated. Pure.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace usherd::bench {

using Duration = std::chrono::nanoseconds;

/// All durations of one run. Keeps every sample: 8 bytes each.
class Samples {
public:
    void reserve(std::size_t count) { values_.reserve(count); }
    void add(Duration value)
    {
        values_.push_back(value);
        is_sorted_ = false;
    }
    void add(const Samples& others)
    {
        values_.insert(values_.end(), others.values_.begin(), others.values_.end());
        is_sorted_ = false;
    }
    [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

    /// The smallest sample that at least `percent` of all samples do not exceed; absent without
    /// samples.
    /// @param percent above 0, at most 100; 100 is the largest sample
    [[nodiscard]] std::optional<Duration> percentile(double percent);
    [[nodiscard]] std::optional<Duration> mean() const;
    /// In rising order; valid until a sample is added.
    [[nodiscard]] const std::vector<Duration>& sorted();

private:
    std::vector<Duration> values_;
    bool is_sorted_ = true;
};

/// 1-based rank of a percentile among `count` samples: ceil(percent / 100 * count), at least 1.
/// @param count at least 1
[[nodiscard]] std::size_t nearest_rank(double percent, std::size_t count) noexcept;

} // namespace usherd::bench
