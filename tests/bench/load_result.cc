// SPDX-License-Identifier: BSD-2-Clause
//
// Counts and times of a load as JSON.

#include "tests/bench/load_result.h"

#include <cerrno>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

namespace usherd::bench {

namespace {

constexpr std::array<std::string_view, outcome_count> outcome_names{
    "done", "refused", "reset", "timeout", "wrong_size", "other"};

std::string microseconds(std::optional<Duration> duration)
{
    if (!duration)
        return "null";
    return fmt::format("{:.1f}", static_cast<double>(duration->count()) / 1000.0);
}

std::string each_of(Samples& times)
{
    std::string text;
    for (const Duration time : times.sorted())
        text += (text.empty() ? "" : ",") + microseconds(time);
    return fmt::format(",\"each\":[{}]", text);
}

} // namespace

std::string_view name(Outcome outcome) noexcept
{
    return outcome_names[static_cast<std::size_t>(outcome)];
}

Outcome outcome_of(int error_number) noexcept
{
    switch (error_number) {
    case ECONNREFUSED:
        return Outcome::refused;
    case ECONNRESET:
    case EPIPE:
        return Outcome::reset;
    case ETIMEDOUT:
        return Outcome::timeout;
    default:
        return Outcome::other;
    }
}

std::uint64_t LoadResult::offered() const noexcept
{
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void LoadResult::merge(const LoadResult& other)
{
    for (std::size_t i = 0; i < outcome_count; ++i)
        counts[i] += other.counts[i];
    bytes += other.bytes;
    times.add(other.times);
    if (first_other_error == 0)
        first_other_error = other.first_other_error;
}

double LoadResult::per_second() const noexcept
{
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(count(Outcome::done)) / seconds : 0;
}

std::string to_json(LoadResult& result, bool each)
{
    std::string errors;
    for (std::size_t i = 1; i < outcome_count; ++i)
        errors += fmt::format("{}\"{}\":{}", i > 1 ? "," : "", outcome_names[i], result.counts[i]);
    std::string why;
    if (result.first_other_error != 0)
        why = fmt::format(",\"first_other_error\":\"{}\"", std::strerror(result.first_other_error));
    std::string times = fmt::format("\"mean\":{}", microseconds(result.times.mean()));
    for (const double percent : {50.0, 90.0, 99.0, 99.9})
        times +=
            fmt::format(",\"p{}\":{}", percent, microseconds(result.times.percentile(percent)));
    times += fmt::format(",\"max\":{}", microseconds(result.times.percentile(100)));
    return fmt::format("{{\"offered\":{},\"done\":{},\"errors\":{{{}}}{},\"bytes\":{},"
                       "\"seconds\":{:.6f},\"per_second\":{:.1f},\"microseconds\":{{{}}}{}}}",
                       result.offered(), result.count(Outcome::done), errors, why, result.bytes,
                       std::chrono::duration<double>(result.elapsed).count(), result.per_second(),
                       times, each ? each_of(result.times) : "");
}

} // namespace usherd::bench
