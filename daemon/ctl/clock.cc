// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/clock.h"

#include <charconv>

namespace usherd::ctl {

control::Time now()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) noexcept
{
    constexpr std::int64_t most = 10LL * 366 * 86'400;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error != std::errc{} || number < 1 || number > most)
        return std::nullopt;
    std::int64_t factor = 1;
    if (unit == "m")
        factor = 60;
    else if (unit == "h")
        factor = 3600;
    else if (unit == "d")
        factor = 86'400;
    else if (!unit.empty() && unit != "s")
        return std::nullopt;
    return number <= most / factor ? std::optional{std::chrono::seconds{number * factor}}
                                   : std::nullopt;
}

} // namespace usherd::ctl
