// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/name_services.h"

#include <algorithm>

namespace usherd::sys {

namespace {

constexpr std::string_view blanks = " \t\r\f\v";

/// Takes the first word off `text`; empty at its end.
std::string_view take_word(std::string_view& text) noexcept
{
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(word.size());
    return word;
}

} // namespace

bool asks_dns(std::string_view nsswitch) noexcept
{
    constexpr std::string_view database = "hosts:";
    bool asks = true;
    while (!nsswitch.empty()) {
        const std::string_view whole = nsswitch.substr(0, nsswitch.find('\n'));
        nsswitch.remove_prefix(std::min(whole.size() + 1, nsswitch.size()));
        std::string_view line = whole.substr(0, whole.find('#'));
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        if (line.substr(0, database.size()) != database)
            continue;
        line.remove_prefix(database.size());
        asks = false; // the last such line counts
        for (auto word = take_word(line); !word.empty(); word = take_word(line))
            asks = asks || word == "dns" || word == "resolve";
    }
    return asks;
}

} // namespace usherd::sys
