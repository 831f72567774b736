// SPDX-License-Identifier: BSD-2-Clause
//
// Lines to entries, and what entries of one service mean beside each other.

#include "config-parser/inetd_front_end.h"

#include <algorithm>
#include <map>
#include <utility>

#include "config-parser/enum_syntax.h"
#include "config-parser/inetd_entry.h"
#include "config-parser/inetd_section.h"
#include "config-parser/lexer.h"

namespace usherd::config {

namespace {

using Family = InetdEntry::Family;

std::vector<Word> words_of(Line line, SourceId file)
{
    if (line.text.ends_with('\r'))
        line.text.remove_suffix(1);
    std::vector<Word> words;
    WordReader reader(line, file);
    while (auto word = reader.next())
        words.push_back(*std::move(word));
    return words;
}

/// Two entries for one service that differ in nothing but the family of their clients.
bool same_but_family(const InetdEntry& left, const InetdEntry& right)
{
    const auto key = [](const InetdEntry& entry) {
        std::string text = entry.wait.text;
        for (const Word* word : {&entry.user, &entry.group, &entry.server})
            text += '\0' + word->text;
        for (const Word& word : entry.arguments)
            text += '\0' + word.text;
        return text;
    };
    return key(left) == key(right);
}

class FileReader {
public:
    FileReader(std::string_view text, SourceId file, InetdDialect dialect)
        : reader_(text), file_(file), dialect_(dialect)
    {
    }

    RawDocument run() &&;

private:
    void take_line(const Line& line);
    void finish_entry();
    void lose(const std::vector<Word>& words);
    void write_entries();
    void write(const InetdEntry& entry, const InetdPlacing& placing);
    [[nodiscard]] bool as_xinetd() const { return dialect_ == InetdDialect::xinetd; }
    /// The place in entries_ of the one that takes the IPv4 clients of this one's service.
    [[nodiscard]] std::optional<std::size_t> sibling_of(const InetdEntry& entry) const;

    LineReader reader_;
    SourceId file_;
    InetdDialect dialect_;
    RawDocument document_;
    InetdRemarks remarks_{document_};
    std::vector<Word> words_; ///< of the entry that is being read
    std::vector<Word> hosts_; ///< of the last `HOST:` line
    std::vector<InetdEntry> entries_;
    std::map<std::string, std::size_t> ipv4_; ///< of each service, the entry for IPv4 clients
};

/// What entries of one service have in common.
std::string service_key(const InetdEntry& entry)
{
    std::string key = entry.name.text + '/' + entry.socket_type.text + '/' + entry.protocol.text;
    for (const Word& host : entry.hosts)
        key += ',' + host.text;
    return key;
}

RawDocument FileReader::run() &&
{
    while (const auto line = reader_.next())
        take_line(*line);
    finish_entry();
    write_entries();
    return std::move(document_);
}

/// A line that begins with a blank goes on with the entry before it, unless it is one by itself:
/// so xinetd reads it.
void FileReader::take_line(const Line& line)
{
    std::vector<Word> words = words_of(line, file_);
    if (words.empty())
        return;
    const bool indented = is_separator(line.text.front());
    const bool is_entry = words.size() > 1 && is_inetd_socket_type(words[1].text);
    if (indented && !is_entry && !words_.empty() && !as_xinetd()) {
        std::move(words.begin(), words.end(), std::back_inserter(words_));
        return;
    }
    finish_entry();
    if (words.size() == 1 && words.front().text.ends_with(':') && !as_xinetd()) {
        Word list = words.front();
        list.text.pop_back();
        hosts_ = split_hosts(list);
        return;
    }
    words_ = std::move(words);
}

void FileReader::finish_entry()
{
    const std::vector<Word> words = std::exchange(words_, {});
    if (words.empty())
        return;
    auto entry = read_inetd_entry(words, hosts_, as_xinetd(), remarks_);
    if (!entry)
        return lose(words);
    if (entry->kind == InetdEntry::Kind::internet && entry->family != Family::ipv6)
        ipv4_.emplace(service_key(*entry), entries_.size());
    entries_.push_back(*std::move(entry));
}

/// So that a reload keeps what it was.
void FileReader::lose(const std::vector<Word>& words)
{
    document_.clean = false;
    std::string name = words.front().text;
    const std::size_t colon = name.rfind(':');
    if (name.find('/') == std::string::npos && colon != name.size() - 1)
        name.erase(0, colon + 1);
    document_.items.emplace_back(LostService{name, name, words.front().location});
}

std::optional<std::size_t> FileReader::sibling_of(const InetdEntry& entry) const
{
    if (entry.kind != InetdEntry::Kind::internet || entry.family != Family::ipv6)
        return std::nullopt;
    const auto found = ipv4_.find(service_key(entry));
    return found == ipv4_.end() ? std::nullopt : std::optional{found->second};
}

/// `tcp` is for both families, as xinetd has it, until a `tcp6` entry of the same service wants its
/// IPv6 clients for another server.
void FileReader::write_entries()
{
    std::vector<bool> covered(entries_.size(), false);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto sibling = sibling_of(entries_[i]);
        if (!sibling || entries_[*sibling].family == Family::ipv4)
            continue;
        covered[i] = same_but_family(entries_[*sibling], entries_[i]);
        if (!covered[i])
            entries_[*sibling].family = Family::ipv4;
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const InetdEntry& entry = entries_[i];
        if (covered[i]) {
            remarks_.ignored(Severity::info, entry.field,
                             fmt::format("IPv6 clients of '{}' are served by the entry for both "
                                         "families",
                                         entry.name.text));
            continue;
        }
        const bool beside_ipv4 = sibling_of(entry).has_value();
        const bool alone_too = dialect_ == InetdDialect::bsd;
        write(entry, {entry.family == Family::ipv6 && (beside_ipv4 || alone_too), beside_ipv4,
                      as_xinetd()});
    }
}

void FileReader::write(const InetdEntry& entry, const InetdPlacing& placing)
{
    for (RawSection& section : to_sections(entry, placing)) {
        Diagnostic added;
        added.severity = Severity::debug;
        added.location = section.location;
        added.length = static_cast<std::uint32_t>(entry.field.text.size());
        added.message = "added service " + section.name;
        added.service = section.name;
        document_.items.emplace_back(std::move(added));
        document_.items.emplace_back(std::move(section));
    }
}

} // namespace

RawDocument read_inetd(std::string_view text, SourceId file, InetdDialect dialect)
{
    return FileReader(text, file, dialect).run();
}

} // namespace usherd::config
