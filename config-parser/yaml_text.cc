// SPDX-License-Identifier: BSD-2-Clause
//
// Text helpers of the YAML front end.

#include "config-parser/yaml_text.h"

#include <algorithm>
#include <optional>

#include "config-parser/lexer.h"

namespace usherd::config {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) noexcept
{
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The value of `key: value`, without quotes; none if the line is anything else.
std::optional<std::string> value_of(std::string_view line, std::string_view key)
{
    line = trimmed(line);
    if (line.starts_with("- "))
        line = trimmed(line.substr(2));
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':'))
        return std::nullopt;
    line = trimmed(line.substr(key.size() + 1));
    line = line.substr(0, line.find(" #"));
    if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
        line.back() == line.front())
        line = line.substr(1, line.size() - 2);
    line = trimmed(line);
    return line.empty() ? std::nullopt : std::optional<std::string>(line);
}

} // namespace

std::vector<std::string> split_words(std::string_view text)
{
    std::vector<std::string> words;
    while (!(text = trimmed(text)).empty()) {
        const std::size_t end = std::min(text.find_first_of(blanks), text.size());
        words.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return words;
}

bool is_fit_for_word(std::string_view text) noexcept
{
    return text.find('\0') == std::string_view::npos && text.find('\n') == std::string_view::npos;
}

std::vector<LostService> find_yaml_services(std::string_view text, SourceId file)
{
    std::vector<LostService> services;
    LineReader lines(text);
    while (const auto line = lines.next()) {
        if (auto name = value_of(line->text, "service"))
            services.push_back({*name, *name, {file, line->number, 1}});
        else if (auto id = value_of(line->text, "id"); id && !services.empty())
            services.back().id = *std::move(id);
    }
    return services;
}

} // namespace usherd::config
