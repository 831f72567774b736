// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control/record_fields.h"

#include <charconv>

namespace usherd::control {

namespace {

/// Cuts the first word off `rest`, with the blank behind it.
std::string_view take_word(std::string_view& rest) noexcept
{
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    return word;
}

/// `pid=69`, `duration=0(sec)`
std::optional<std::pair<std::string, std::int64_t>> parse_number(std::string_view word)
{
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0)
        return std::nullopt;
    std::int64_t number = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + equals + 1, end, number);
    if (error != std::errc{} || (stop != end && *stop != '('))
        return std::nullopt;
    return std::pair{std::string(word.substr(0, equals)), number};
}

} // namespace

std::optional<RecordFields> parse_record(std::string_view record)
{
    constexpr std::string_view from_word = "from=";
    RecordFields fields;
    std::string_view rest = record;
    std::string_view type = take_word(rest);
    if (type.size() < 2 || type.back() != ':' || rest.empty())
        return std::nullopt;
    type.remove_suffix(1);
    fields.type = type;
    fields.service = take_word(rest);
    while (!rest.empty()) {
        if (rest.starts_with(from_word)) {
            rest.remove_prefix(from_word.size());
            if (!rest.starts_with('<'))
                fields.from = std::string(rest);
            break;
        }
        const std::string_view word = take_word(rest);
        if (auto number = parse_number(word)) {
            fields.numbers.push_back(std::move(*number));
        } else {
            if (!fields.text.empty())
                fields.text += ' ';
            fields.text += word;
        }
    }
    return fields;
}

} // namespace usherd::control
