// SPDX-License-Identifier: BSD-2-Clause
//
// Lines and words of xinetd's syntax.

#include "config-parser/lexer.h"

#include <algorithm>

namespace usherd::config {

namespace {

std::string_view without_leading_space(std::string_view text) noexcept
{
    std::size_t first = 0;
    while (first < text.size() && is_space(text[first]))
        ++first;
    return text.substr(first);
}

} // namespace

std::optional<Line> LineReader::next()
{
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        Line line{rest_.substr(0, end), ++number_};
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (const std::size_t nul = line.text.find('\0'); nul != std::string_view::npos) {
            line.text = line.text.substr(0, nul);
            if (nul_.lines++ == 0) {
                nul_.line = number_;
                nul_.column = static_cast<std::uint32_t>(nul + 1);
            }
        }
        const std::string_view content = without_leading_space(line.text);
        if (!content.empty() && content.front() != '#')
            return line;
    }
    return std::nullopt;
}

std::optional<Word> WordReader::next()
{
    const std::string_view text = line_.text;
    while (at_ < text.size() && is_separator(text[at_]))
        ++at_;
    if (at_ == text.size())
        return std::nullopt;
    const std::size_t start = at_;
    while (at_ < text.size() && !is_separator(text[at_]))
        ++at_;
    const SourceLocation location{file_, line_.number, static_cast<std::uint32_t>(start + 1)};
    return Word{std::string(text.substr(start, at_ - start)), location};
}

bool is_only(const Line& line, char brace) noexcept
{
    const std::string_view content = without_leading_space(line.text);
    return !content.empty() && content.front() == brace &&
           std::all_of(content.begin() + 1, content.end(), is_space);
}

} // namespace usherd::config
