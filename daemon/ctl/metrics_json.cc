// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/metrics_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace usherd::ctl {

namespace {

using Json = nlohmann::ordered_json;

/// Cut off what stands before `end`, which goes too.
std::optional<std::string_view> take_until(std::string_view& text, char end)
{
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos)
        return std::nullopt;
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at + 1);
    return taken;
}

/// What stands between quotes, of which the first is gone: `\\`, `\"` and `\n` are escapes.
std::optional<std::string> take_quoted(std::string_view& text)
{
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        const bool is_escaped = text[i] == '\\';
        if (is_escaped && ++i == text.size())
            break;
        value += is_escaped && text[i] == 'n' ? '\n' : text[i];
    }
    return std::nullopt;
}

/// `a="x",b="y"}`, the brace before it is gone.
std::optional<Json> take_labels(std::string_view& text)
{
    Json labels = Json::object();
    while (!text.starts_with('}')) {
        const auto name = take_until(text, '=');
        if (!name || !take_until(text, '"'))
            return std::nullopt;
        auto value = take_quoted(text);
        if (!value)
            return std::nullopt;
        labels[std::string(*name)] = *std::move(value);
        if (text.starts_with(','))
            text.remove_prefix(1);
    }
    text.remove_prefix(1);
    return labels;
}

/// JSON knows neither `+Inf` nor `NaN`.
std::optional<Json> to_value(std::string_view text)
{
    const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return std::nullopt;
    if (!std::isfinite(value))
        return Json(text);
    constexpr double most_exact = 9e15;
    const bool is_whole = std::abs(value) < most_exact && value == std::floor(value);
    return is_whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

std::optional<Json> to_sample(std::string_view line)
{
    Json sample;
    const std::size_t name_end = line.find_first_of("{ ");
    if (name_end == std::string_view::npos)
        return std::nullopt;
    sample["name"] = line.substr(0, name_end);
    const bool has_labels = line[name_end] == '{';
    line.remove_prefix(name_end + (has_labels ? 1 : 0));
    auto labels = has_labels ? take_labels(line) : Json::object();
    if (!labels || !line.starts_with(' '))
        return std::nullopt;
    sample["labels"] = *std::move(labels);
    line.remove_prefix(1);
    auto value = to_value(line.substr(0, line.find(' '))); // a time may follow
    if (!value)
        return std::nullopt;
    sample["value"] = *std::move(value);
    return sample;
}

/// `# HELP NAME TEXT`, `# TYPE NAME KIND`; other comments say nothing.
void take_comment(std::string_view line, Json& families)
{
    line.remove_prefix(1);
    (void)take_until(line, ' ');
    const auto what = take_until(line, ' ');
    const auto name = take_until(line, ' ');
    if (!name || (*what != "HELP" && *what != "TYPE"))
        return;
    if (families.empty() || families.back()["name"] != *name)
        families.push_back({{"name", *name}, {"samples", Json::array()}});
    families.back()[*what == "HELP" ? "help" : "type"] = line;
}

} // namespace

std::optional<std::string> metrics_json(std::string_view text)
{
    Json families = Json::array();
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.starts_with('#')) {
            take_comment(line, families);
        } else if (!line.empty()) {
            auto sample = to_sample(line);
            if (!sample)
                return std::nullopt;
            if (families.empty())
                families.push_back({{"name", (*sample)["name"]}, {"samples", Json::array()}});
            families.back()["samples"].push_back(*std::move(sample));
        }
    }
    return Json{{"metrics", std::move(families)}}.dump(-1, ' ', false,
                                                       Json::error_handler_t::replace);
}

} // namespace usherd::ctl
