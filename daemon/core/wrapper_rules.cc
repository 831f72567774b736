// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/wrapper_rules.h"

#include <algorithm>
#include <string>
#include <vector>

namespace usherd::core {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// The next line, its continuations joined to it, cut off `text`. A comment is not continued: what
/// follows it is looked at, though libwrap takes it for part of the comment.
std::string take_line(std::string_view& text)
{
    std::string line;
    for (;;) {
        const std::size_t end = text.find('\n');
        line += text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const bool continues = !line.empty() && line.back() == '\\' && line.front() != '#';
        if (!continues)
            return line;
        line.pop_back();
        if (text.empty())
            return line;
    }
}

/// At colons that are neither escaped nor part of an IPv6 address in brackets.
std::vector<std::string_view> fields(std::string_view line)
{
    std::vector<std::string_view> found;
    std::size_t begin = 0;
    bool in_brackets = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '\\')
            ++at;
        else if (line[at] == '[')
            in_brackets = true;
        else if (line[at] == ']')
            in_brackets = false;
        else if (line[at] == ':' && !in_brackets) {
            found.push_back(line.substr(begin, at - begin));
            begin = at + 1;
        }
    }
    found.push_back(line.substr(std::min(begin, line.size())));
    return found;
}

bool is_made_of(std::string_view text, std::string_view letters)
{
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_word(std::string_view text, std::string_view capitals)
{
    return std::equal(text.begin(), text.end(), capitals.begin(), capitals.end(),
                      [](char c, char capital) { return c == capital || c == capital + 0x20; });
}

/// `192.0.2.`, `192.0.2.0/255.255.255.0`, `[2001:db8::]/32`, ALL, EXCEPT.
bool is_address_pattern(std::string_view word)
{
    if (is_word(word, "ALL") || is_word(word, "EXCEPT"))
        return true;
    if (word.front() != '[')
        return is_made_of(word, "0123456789./") && word.front() != '/';
    const std::size_t end = word.find(']');
    if (end == std::string_view::npos ||
        !is_made_of(word.substr(1, end - 1), "0123456789abcdefABCDEF:."))
        return false;
    const std::string_view rest = word.substr(end + 1);
    return rest.empty() || (rest.front() == '/' && is_made_of(rest.substr(1), "0123456789"));
}

template <typename Predicate>
bool all_words(std::string_view list, Predicate predicate)
{
    constexpr std::string_view separators = ", \t\r\n";
    for (;;) {
        list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
        if (list.empty())
            return true;
        const std::size_t end = std::min(list.find_first_of(separators), list.size());
        if (!predicate(list.substr(0, end)))
            return false;
        list.remove_prefix(end);
    }
}

WrapperNeed line_need(std::string_view line)
{
    if (line.find_first_not_of(blanks) == std::string_view::npos || line.front() == '#')
        return WrapperNeed::nothing;
    const auto parts = fields(line);
    if (parts.size() > 2)
        return WrapperNeed::process;
    // `daemon@host` asks where the client has come in.
    const bool plain_daemons = all_words(
        parts[0], [](std::string_view word) { return word.find('@') == std::string_view::npos; });
    const bool plain_clients = parts.size() < 2 || all_words(parts[1], is_address_pattern);
    return plain_daemons && plain_clients ? WrapperNeed::address : WrapperNeed::process;
}

} // namespace

WrapperNeed wrapper_need(std::string_view text)
{
    WrapperNeed need = WrapperNeed::nothing;
    // libwrap reads lines as C strings.
    if (text.find('\0') != std::string_view::npos)
        return WrapperNeed::process;
    while (!text.empty())
        need = std::max(need, line_need(take_line(text)));
    return need;
}

} // namespace usherd::core
