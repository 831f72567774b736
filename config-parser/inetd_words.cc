// SPDX-License-Identifier: BSD-2-Clause
//
// Cutting words, and what is said about them.

#include "config-parser/inetd_words.h"

#include <algorithm>

#include "config-parser/inetd_entry.h"

namespace usherd::config {

Word part(const Word& word, std::size_t from, std::size_t length)
{
    Word result{word.text.substr(std::min(from, word.text.size()), length), word.location};
    result.location.column += static_cast<std::uint32_t>(from);
    return result;
}

std::pair<Word, std::optional<Word>> cut(const Word& word, std::size_t at)
{
    if (at == std::string::npos)
        return {word, std::nullopt};
    return {part(word, 0, at), part(word, at + 1)};
}

std::vector<Word> split(const Word& word, char separator)
{
    std::vector<Word> parts;
    std::size_t from = 0;
    for (;;) {
        const std::size_t end = word.text.find(separator, from);
        parts.push_back(part(word, from, end == std::string::npos ? end : end - from));
        if (end == std::string::npos)
            return parts;
        from = end + 1;
    }
}

std::vector<Word> split_hosts(const Word& word)
{
    std::vector<Word> hosts;
    for (Word& host : split(word, ',')) {
        if (host.text.starts_with('[') && host.text.ends_with(']'))
            host = part(host, 1, host.text.size() - 2);
        if (host.text != "*" && !host.text.empty())
            hosts.push_back(std::move(host));
        else if (host.text == "*")
            return {}; // all of them
    }
    return hosts;
}

void InetdRemarks::error(const Word& word, std::string message, std::string suggestion)
{
    ignored(Severity::error, word, std::move(message), std::move(suggestion));
    std::get<Diagnostic>(document_.items.back()).effect = Effect::service_dropped;
}

void InetdRemarks::ignored(Severity severity, const Word& word, std::string message,
                           std::string suggestion)
{
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.effect = Effect::word_ignored;
    diagnostic.location = word.location;
    diagnostic.length = static_cast<std::uint32_t>(std::max<std::size_t>(word.text.size(), 1));
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    document_.items.emplace_back(std::move(diagnostic));
}

} // namespace usherd::config
