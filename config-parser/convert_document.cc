// SPDX-License-Identifier: BSD-2-Clause
//
// Where comments belong, and how an entry of inetd.conf looks as a service.

#include "config-parser/convert_document.h"

#include <algorithm>
#include <map>
#include <utility>

#include "config-parser/enum_syntax.h"
#include "config-parser/lexer.h"

namespace usherd::config {

namespace {

/// Of a line of YAML, where its comment begins; npos if there is none.
std::size_t yaml_comment(std::string_view line)
{
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != 0) {
            if (c == '\\' && quote == '"')
                ++i;
            else if (c == quote)
                quote = 0;
        } else if (c == '#' && (i == 0 || is_separator(line[i - 1]))) {
            return i;
        } else if ((c == '"' || c == '\'') && (i == 0 || is_separator(line[i - 1]) ||
                                               line[i - 1] == '[' || line[i - 1] == ',')) {
            quote = c;
        }
    }
    return std::string_view::npos;
}

/// A comment that fills its line, or in YAML follows something; empty if there is none.
std::string comment_in(std::string_view line, Syntax from)
{
    while (!line.empty() && is_space(line.back()))
        line.remove_suffix(1);
    std::size_t first = 0;
    while (first < line.size() && is_space(line[first]))
        ++first;
    if (first < line.size() && line[first] != '#' && from == Syntax::yaml)
        first = yaml_comment(line);
    if (first >= line.size() || line[first] != '#')
        return {};
    std::string text(line.substr(first));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' && c != '\t')
            c = '?';
    return text;
}

bool is_blank(std::string_view line)
{
    return std::all_of(line.begin(), line.end(), is_space);
}

/// Hands comments out in the order of their lines.
class CommentReader {
public:
    CommentReader(std::string_view text, Syntax from)
    {
        std::uint32_t number = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string_view line = text.substr(at, end - at);
            at = end + 1;
            ++number;
            if (std::string comment = comment_in(line, from); !comment.empty())
                lines_.emplace_back(number, std::move(comment));
            else if (is_blank(line) && !lines_.empty() && !lines_.back().second.empty())
                lines_.emplace_back(number, std::string());
            else if (is_only({line, number}, '}'))
                ends_.push_back(number);
        }
    }

    /// Those on lines before `line`. Blank lines stay between comments only.
    Comments before(std::uint32_t line)
    {
        Comments taken;
        for (; next_ < lines_.size() && lines_[next_].first < line; ++next_)
            taken.push_back(std::move(lines_[next_].second));
        while (!taken.empty() && taken.back().empty())
            taken.pop_back();
        while (!taken.empty() && taken.front().empty())
            taken.erase(taken.begin());
        return taken;
    }

    /// The line of the `}` after `line`; 0 if there is none.
    [[nodiscard]] std::uint32_t end_after(std::uint32_t line) const
    {
        const auto found = std::upper_bound(ends_.begin(), ends_.end(), line);
        return found == ends_.end() ? 0 : *found;
    }

private:
    std::vector<std::pair<std::uint32_t, std::string>> lines_;
    std::vector<std::uint32_t> ends_;
    std::size_t next_ = 0;
};

ConvertedSection attach(RawSection section, CommentReader& comments, Syntax from)
{
    ConvertedSection result;
    result.before = comments.before(section.location.line);
    std::uint32_t last = section.location.line;
    // A comment behind a value stands before its attribute now.
    const std::uint32_t own_line = from == Syntax::yaml ? 1 : 0;
    for (const RawAttribute& attribute : section.attributes) {
        last = std::max(last, attribute.location.line);
        result.before_attribute.push_back(comments.before(attribute.location.line + own_line));
    }
    if (from == Syntax::xinetd)
        result.at_end = comments.before(comments.end_after(last));
    result.section = std::move(section);
    return result;
}

RawAttribute* find(RawSection& section, std::string_view name)
{
    const auto found =
        std::find_if(section.attributes.begin(), section.attributes.end(),
                     [name](const RawAttribute& attribute) { return attribute.name == name; });
    return found == section.attributes.end() ? nullptr : &*found;
}

std::string_view base_name(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void drop(RawSection& section, std::string_view name)
{
    std::erase_if(section.attributes,
                  [name](const RawAttribute& attribute) { return attribute.name == name; });
}

} // namespace

ConvertedDocument attach_comments(RawDocument document, std::string_view text, Syntax from)
{
    CommentReader comments(text, from);
    ConvertedDocument result;
    for (auto& item : document.items) {
        if (auto* section = std::get_if<RawSection>(&item)) {
            result.items.emplace_back(attach(std::move(*section), comments, from));
        } else if (auto* include = std::get_if<RawInclude>(&item)) {
            Comments before = comments.before(include->path.location.line);
            result.items.emplace_back(ConvertedInclude{std::move(*include), std::move(before)});
        }
    }
    result.at_end = comments.before(std::numeric_limits<std::uint32_t>::max());
    return result;
}

void tidy_inetd_section(RawSection& section)
{
    const RawAttribute* const server = find(section, "server");
    RawAttribute* const flags = find(section, "flags");
    if (server == nullptr || flags == nullptr)
        return;
    const std::string_view program = base_name(server->words.front().text);
    RawAttribute* const arguments = find(section, "server_args");
    const bool is_named = arguments != nullptr && arguments->words.front().text != program;
    std::erase_if(flags->words, [&](const Word& flag) {
        return flag.text == "REUSE" || (flag.text == "NOLIBWRAP" && program != "tcpd") ||
               (flag.text == "NAMEINARGS" && !is_named);
    });
    if (arguments != nullptr && !is_named)
        arguments->words.erase(arguments->words.begin());
    const bool no_arguments = arguments != nullptr && arguments->words.empty();
    if (flags->words.empty())
        drop(section, "flags");
    if (no_arguments)
        drop(section, "server_args");
}

} // namespace usherd::config
