// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: one word of access_times, and one as a duration.

#include <array>

#include "config-parser/time_syntax.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_words.h"

namespace usherd::fuzz {

namespace {

constexpr std::uint16_t minutes_of_a_day = 24 * 60;

void check_window(std::string_view text)
{
    const WordBench bench(text);
    const auto window = config::parse_time_window(bench.word(), bench.report());
    require(window.has_value() != (bench.diagnostics().errors() > 0),
            "a word is a window or an error");
    if (!window)
        return;
    require(window->from.value < minutes_of_a_day && window->to.value < minutes_of_a_day,
            "both ends are minutes of a day");
    const std::array windows{*window};
    require(access::contains(windows, window->from), "a window holds its first minute");
    require(access::contains(windows, window->to), "a window holds its last minute");
    std::uint16_t held = 0;
    for (std::uint16_t minute = 0; minute < minutes_of_a_day; ++minute)
        held = static_cast<std::uint16_t>(
            held + (access::contains(windows, access::LocalMinute{minute}) ? 1 : 0));
    const int length = window->to.value - window->from.value + 1;
    require(held == (length > 0 ? length : length + minutes_of_a_day),
            "a window holds the minutes between its ends and no others");
}

void check_duration(std::string_view text)
{
    const WordBench bench(text);
    const auto duration = config::parse_duration(bench.word(), bench.report());
    require(duration.has_value() != (bench.diagnostics().errors() > 0),
            "a word is a duration or an error");
    require(!duration || duration->count() >= 0, "a duration is not negative");
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text = usherd::fuzz::as_text(data, size);
    usherd::fuzz::check_window(text);
    usherd::fuzz::check_duration(text);
    return 0;
}
