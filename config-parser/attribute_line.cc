// SPDX-License-Identifier: BSD-2-Clause
//
// Attribute lines of xinetd.conf(5), and help for those who mistype them.

#include "config-parser/attribute_line.h"

#include <algorithm>
#include <array>

#include "config-parser/enum_syntax.h"

namespace usherd::config {

namespace {

constexpr std::array keywords{Keyword{"service"}, Keyword{"defaults"}, Keyword{"include"},
                              Keyword{"includedir"}};

std::size_t skip_space(std::string_view text, std::size_t at) noexcept
{
    while (at < text.size() && is_space(text[at]))
        ++at;
    return at;
}

std::string suggest_operator_fix(std::string_view name, std::string_view found)
{
    if (name == "}" || name == "{")
        return fmt::format("'{}' must stand alone on its line, with nothing after it", name);
    if (find_keyword(keywords, name))
        return "is the '}' of the entry before it missing?";
    if (!found.empty() && found.find_first_of("=+-*:") != 0)
        return fmt::format("write '{} = {}'", name, found);
    return {};
}

std::optional<Word> service_header(std::string_view name, const Line& line, SourceId file)
{
    if (!equal_ignoring_case(name, "service"))
        return std::nullopt;
    WordReader words(line, file);
    const Word keyword = words.next().value();
    auto service = words.next();
    if (service)
        service->location = keyword.location;
    return service;
}

std::string shortened(std::string_view text)
{
    constexpr std::size_t limit = 60;
    return text.size() <= limit ? std::string(text) : std::string(text.substr(0, limit)) + "...";
}

AttributeLineError bad_operator(std::string_view name, std::size_t at, const Line& line,
                                SourceId file)
{
    std::size_t end = at;
    while (end < line.text.size() && !is_space(line.text[end]))
        ++end;
    const std::string found = shortened(line.text.substr(at, end - at));
    AttributeLineError error{
        {file, line.number, static_cast<std::uint32_t>(at + 1)},
        end - at,
        fmt::format("expected '=', '+=' or '-=' after '{}', found '{}'", shortened(name), found),
        suggest_operator_fix(name, found),
        service_header(name, line, file)};
    return error;
}

} // namespace

std::variant<RawAttribute, AttributeLineError> read_attribute_line(const Line& line, SourceId file)
{
    const std::string_view text = line.text;
    const std::size_t start = skip_space(text, 0);
    const std::size_t end = static_cast<std::size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(start), text.end(),
                     [](char c) { return is_space(c) || c == '='; }) -
        text.begin());
    const std::string_view name = text.substr(start, end - start);
    const auto located = [&](std::size_t at) {
        return SourceLocation{file, line.number, static_cast<std::uint32_t>(at + 1)};
    };
    if (name.empty())
        return AttributeLineError{
            located(end), 1, "expected the name of an attribute before '='", {}, std::nullopt};
    if (end < text.size() && text[end] == '=')
        return AttributeLineError{
            located(end), 1,
            fmt::format("expected white space between '{}' and '='", shortened(name)),
            fmt::format("write '{} ='", shortened(name)), std::nullopt};
    const std::size_t op = skip_space(text, end);
    if (op == text.size())
        return AttributeLineError{located(start), name.size(),
                                  fmt::format("nothing after '{}'", shortened(name)),
                                  suggest_operator_fix(name, {}), std::nullopt};
    RawAttribute attribute{std::string(name), AssignOp::set, {}, located(start), located(op)};
    std::size_t values = op + 1;
    if (text[op] == '+' || text[op] == '-') {
        if (values == text.size() || text[values] != '=')
            return bad_operator(name, op, line, file);
        attribute.op = text[op] == '+' ? AssignOp::add : AssignOp::remove;
        ++values;
    } else if (text[op] != '=') {
        return bad_operator(name, op, line, file);
    }
    WordReader words(line, file, values);
    while (auto word = words.next())
        attribute.words.push_back(*std::move(word));
    return attribute;
}

Disable disable_in(const RawAttribute& attribute) noexcept
{
    if (attribute.op != AssignOp::set || attribute.words.size() != 1 ||
        !equal_ignoring_case(attribute.name, "disable"))
        return Disable::not_said;
    return equal_ignoring_case(attribute.words.front().text, "no") ? Disable::no
                                                                   : Disable::yes_or_bad;
}

std::string suggest_keyword(std::string_view found)
{
    if (found.ends_with(':'))
        return "YAML is read from files named *.yaml or *.yml";
    const std::string_view closest = closest_keyword(keywords, found);
    return closest.empty() ? std::string() : fmt::format("did you mean '{}'?", closest);
}

} // namespace usherd::config
