// SPDX-License-Identifier: BSD-2-Clause
//
// How often which length of time: buckets that fit Prometheus. Pure.

#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace usherd::core {

/// `Bounds::seconds` are the upper bounds of the buckets, ascending; what is longer counts in the
/// sum and the total only.
template <typename Bounds>
class Histogram {
public:
    static constexpr std::size_t size = Bounds::seconds.size();

    void add(std::chrono::duration<double> length) noexcept
    {
        const double seconds = std::max(length.count(), 0.0);
        const auto bucket =
            std::lower_bound(Bounds::seconds.begin(), Bounds::seconds.end(), seconds);
        if (bucket != Bounds::seconds.end())
            ++counts_[static_cast<std::size_t>(bucket - Bounds::seconds.begin())];
        ++total_;
        sum_ += seconds;
    }
    [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept { return counts_; }
    [[nodiscard]] static constexpr std::span<const double> bounds() noexcept
    {
        return Bounds::seconds;
    }
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    [[nodiscard]] double sum() const noexcept { return sum_; }

private:
    std::array<std::uint64_t, size> counts_{}; ///< each for itself, not cumulative
    std::uint64_t total_ = 0;
    double sum_ = 0;
};

/// From accept() to the handler's exec.
struct LatencyBounds {
    static constexpr std::array seconds{0.000'5, 0.001, 0.002, 0.005, 0.01, 0.02,
                                        0.05,    0.1,   0.25,  1.0,   5.0};
};
/// How long handlers run.
struct DurationBounds {
    static constexpr std::array seconds{0.01, 0.1,  0.5,   1.0,    5.0,
                                        30.0, 60.0, 300.0, 3600.0, 86400.0};
};
/// How late the event loop is.
struct LagBounds {
    static constexpr std::array seconds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0};
};

} // namespace usherd::core
