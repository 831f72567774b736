// SPDX-License-Identifier: BSD-2-Clause
//
// The fields of an entry. Each takes one field apart and tells what it cannot honour.

#include "config-parser/inetd_entry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config-parser/attribute_table.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/inetd_words.h"
#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

using Kind = InetdEntry::Kind;
using Family = InetdEntry::Family;

bool starts_with(const Word& word, std::string_view prefix)
{
    return equal_ignoring_case(std::string_view(word.text).substr(0, prefix.size()), prefix);
}

constexpr std::array socket_types{Keyword{"stream"}, Keyword{"dgram"}, Keyword{"raw"},
                                  Keyword{"seqpacket"}};
constexpr std::array other_socket_types{Keyword{"rdm"}, Keyword{"tli"}, Keyword{"xti"}};

/// Reads one entry; each step returns false, having told why, if the entry is lost.
class EntryReader {
public:
    EntryReader(const std::vector<Word>& words, bool as_xinetd, InetdRemarks& remarks)
        : words_(words), as_xinetd_(as_xinetd), remarks_(remarks)
    {
    }

    bool read(const std::vector<Word>& hosts);
    [[nodiscard]] InetdEntry take() && { return std::move(entry_); }

private:
    bool count_fields();
    bool read_socket_type();
    bool read_protocol();
    void read_protocol_options(const std::vector<Word>& parts);
    bool read_name(const std::vector<Word>& hosts);
    bool read_unix_name();
    bool read_rpc_name();
    bool read_tcpmux_name();
    void read_address(const std::vector<Word>& hosts);
    bool read_wait();
    void read_limits(const Word& text, char separator);
    bool read_user();
    void read_family();
    bool read_server();

    const std::vector<Word>& words_;
    bool as_xinetd_;
    InetdRemarks& remarks_;
    InetdEntry entry_;
};

bool EntryReader::count_fields()
{
    constexpr std::size_t fewest = 6;
    if (words_.size() >= fewest)
        return true;
    remarks_.error(words_.back(),
                   fmt::format("an entry has at least {} fields: name, socket type, protocol, "
                               "wait, user, server; here are {}",
                               fewest, words_.size()));
    return false;
}

bool EntryReader::read_socket_type()
{
    entry_.socket_type = words_[1];
    if (is_inetd_socket_type(entry_.socket_type.text) &&
        !find_keyword(other_socket_types, entry_.socket_type.text))
        return true;
    remarks_.error(words_[1], fmt::format("expected {} as the socket type, found '{}'",
                                          list_of(socket_types), words_[1].text));
    return false;
}

/// Kernel buffers and accept filters have no attribute here; the service works without.
void EntryReader::read_protocol_options(const std::vector<Word>& parts)
{
    for (const Word& option : parts)
        remarks_.ignored(
            Severity::warning, option,
            fmt::format("'{}' is ignored: usherd sets no such option on a socket", option.text));
}

void EntryReader::read_family()
{
    Word& protocol = entry_.protocol;
    if (!starts_with(protocol, "tcp") && !starts_with(protocol, "udp"))
        return;
    const std::string_view suffix = std::string_view(protocol.text).substr(3);
    constexpr std::array<std::pair<std::string_view, Family>, 5> families{
        {{"4", Family::ipv4},
         {"6", Family::ipv6},
         {"46", Family::both},
         {"64", Family::both},
         {"6only", Family::ipv6}}};
    for (const auto& [text, family] : families)
        if (equal_ignoring_case(suffix, text)) {
            entry_.family = family;
            protocol.text.resize(3);
            return;
        }
}

bool EntryReader::read_protocol()
{
    entry_.protocol = words_[2];
    if (starts_with(words_[2], "rpc/")) {
        entry_.kind = Kind::rpc;
        entry_.protocol = part(words_[2], 4);
    }
    if (as_xinetd_)
        return true;
    std::vector<Word> parts = split(entry_.protocol, ',');
    Word protocol = parts.front();
    parts.erase(parts.begin());
    if (const std::size_t slash = protocol.text.find('/'); slash != std::string::npos) {
        const Word extension = part(protocol, slash + 1);
        if (!equal_ignoring_case(extension.text, "ttcp")) {
            remarks_.error(extension, fmt::format("'{}' is not possible here", words_[2].text));
            return false;
        }
        protocol = part(protocol, 0, slash); // T/TCP is long gone; plain TCP serves its clients
    }
    read_protocol_options(parts);
    if (equal_ignoring_case(protocol.text, "unix"))
        entry_.kind = Kind::unix_socket;
    entry_.protocol = std::move(protocol);
    read_family();
    return true;
}

/// `/path`, or `:user:group:mode:/path`.
bool EntryReader::read_unix_name()
{
    entry_.name = entry_.field;
    if (entry_.field.text.starts_with(':')) {
        const std::vector<Word> parts = split(entry_.field, ':');
        if (parts.size() < 5 || !parts[4].text.starts_with('/')) {
            remarks_.error(entry_.field, "expected ':user:group:mode:/path'");
            return false;
        }
        entry_.owner = parts[1];
        entry_.group_of_file = parts[2];
        entry_.mode = parts[3];
        const std::size_t path = parts[4].location.column - entry_.field.location.column;
        entry_.name = part(entry_.field, path);
    }
    if (entry_.name.text.starts_with('/'))
        return true;
    remarks_.error(entry_.name,
                   fmt::format("expected the path of a UNIX socket, found '{}'", entry_.name.text));
    return false;
}

bool EntryReader::read_rpc_name()
{
    auto [name, versions] = cut(entry_.field, entry_.field.text.find('/'));
    if (!versions || versions->text.empty()) {
        remarks_.error(entry_.field, "an RPC service needs its versions", "write 'name/1-3'");
        return false;
    }
    entry_.name = std::move(name);
    entry_.versions = *std::move(versions);
    return true;
}

bool EntryReader::read_tcpmux_name()
{
    entry_.kind = Kind::tcpmux;
    Word name = part(entry_.field, std::string_view("tcpmux/").size());
    entry_.greets = name.text.starts_with('+');
    if (entry_.greets)
        name = part(name, 1);
    entry_.name = std::move(name);
    if (!entry_.name.text.empty())
        return true;
    remarks_.error(entry_.field, "tcpmux/ without the name of a service");
    return false;
}

/// `address:name`; an IPv6 address may stand in brackets, and its colons are not the last one.
void EntryReader::read_address(const std::vector<Word>& hosts)
{
    const std::size_t colon = entry_.field.text.rfind(':');
    entry_.hosts_given = colon != std::string::npos;
    entry_.hosts = entry_.hosts_given ? split_hosts(part(entry_.field, 0, colon)) : hosts;
    entry_.name = entry_.hosts_given ? part(entry_.field, colon + 1) : entry_.field;
}

bool EntryReader::read_name(const std::vector<Word>& hosts)
{
    entry_.field = words_[0];
    if (entry_.kind == Kind::unix_socket)
        return read_unix_name();
    if (entry_.kind == Kind::rpc)
        return read_rpc_name();
    if (starts_with(entry_.field, "tcpmux/"))
        return read_tcpmux_name();
    if (as_xinetd_) {
        entry_.name = entry_.field;
        return true;
    }
    read_address(hosts);
    entry_.is_port = all_digits(entry_.name.text);
    if (!entry_.name.text.empty())
        return true;
    remarks_.error(entry_.field, "there is no name and no port after the address");
    return false;
}

/// `.N` and `:N`, or FreeBSD's `/N[/PER-SOURCE-AND-MINUTE[/PER-SOURCE]]`; 0 is no limit.
void EntryReader::read_limits(const Word& text, char separator)
{
    Word* const places[] = {&entry_.most, &entry_.starts_per_source, &entry_.most_per_source};
    const std::vector<Word> parts = separator == '/' ? split(text, '/') : std::vector<Word>{text};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        constexpr std::size_t longest = 9;
        if (i >= std::size(places) || !all_digits(parts[i].text) || parts[i].text.empty() ||
            parts[i].text.size() > longest)
            remarks_.ignored(Severity::error, parts[i],
                             fmt::format("'{}' is no limit and is ignored", parts[i].text));
        else if (parts[i].text.find_first_not_of('0') != std::string::npos)
            *places[i] = parts[i];
    }
}

bool EntryReader::read_wait()
{
    const Word& field = entry_.wait = words_[3];
    const std::size_t end = field.text.find_first_of(".:/");
    const Word word = part(field, 0, end);
    entry_.waits = equal_ignoring_case(word.text, "wait");
    if (!entry_.waits && !equal_ignoring_case(word.text, "nowait")) {
        // As xinetd does it.
        constexpr std::array known{Keyword{"wait"}, Keyword{"nowait"}};
        const std::string_view closest = closest_keyword(known, word.text);
        remarks_.ignored(
            Severity::error, field,
            fmt::format("expected wait or nowait, found '{}': taken for nowait", field.text),
            closest.empty() ? std::string() : fmt::format("did you mean '{}'?", closest));
        return true;
    }
    if (end == std::string::npos)
        return true;
    read_limits(part(field, end + 1), field.text[end]);
    if (!entry_.starts_per_source.text.empty() && !find_attribute("source_rate")) {
        remarks_.ignored(as_xinetd_ ? Severity::info : Severity::warning, entry_.starts_per_source,
                         fmt::format("'{}', connections from one source in a minute, is ignored: "
                                     "see per_source and cps",
                                     entry_.starts_per_source.text));
        entry_.starts_per_source.text.clear();
    }
    if (entry_.waits && !entry_.most.text.empty()) {
        remarks_.ignored(Severity::info, entry_.most,
                         fmt::format("'{}' is ignored: of a service that waits one server runs at "
                                     "a time; see cps",
                                     entry_.most.text));
        entry_.most.text.clear();
    }
    return true;
}

/// `user`, `user:group`, `user.group`, and after a slash FreeBSD's login class.
bool EntryReader::read_user()
{
    constexpr auto nowhere = std::string::npos;
    auto [account, login_class] = cut(words_[4], as_xinetd_ ? nowhere : words_[4].text.find('/'));
    if (login_class)
        remarks_.ignored(Severity::warning, *login_class,
                         fmt::format("the login class '{}' is ignored: there are none here; see "
                                     "rlimit_as and its like",
                                     login_class->text));
    const std::size_t colon = as_xinetd_ ? nowhere : account.text.find(':');
    auto [user, group] = cut(account, colon != nowhere ? colon : account.text.find('.'));
    if (user.text.empty() || (group && group->text.empty())) {
        remarks_.error(words_[4], fmt::format("expected user, user:group or user.group, found '{}'",
                                              words_[4].text));
        return false;
    }
    entry_.user = std::move(user);
    if (group)
        entry_.group = *std::move(group);
    return true;
}

bool EntryReader::read_server()
{
    entry_.is_internal = equal_ignoring_case(words_[5].text, "internal");
    const bool known = equal_ignoring_case(entry_.protocol.text, "tcp") ||
                       equal_ignoring_case(entry_.protocol.text, "udp");
    if (entry_.is_internal && as_xinetd_ && known && entry_.name.text == "discard") {
        remarks_.ignored(Severity::warning, words_[0],
                         "the internal service discard is not for inetd.conf, as with xinetd",
                         "make it a service of the main file");
        return false;
    }
    entry_.server = words_[5];
    entry_.arguments.assign(words_.begin() + 6, words_.end());
    if (entry_.is_internal && !entry_.arguments.empty() &&
        !equal_ignoring_case(entry_.arguments.front().text, "internal"))
        remarks_.ignored(Severity::info, entry_.arguments.front(),
                         "an internal service has no arguments");
    if (entry_.is_internal)
        return true;
    for (const Word& word : entry_.arguments)
        if (word.text.starts_with('#')) {
            remarks_.ignored(Severity::info, word,
                             "a comment needs a line of its own: from here on these are arguments");
            break;
        } else if (word.text.front() == '"' || word.text.front() == '\'') {
            remarks_.ignored(Severity::info, word,
                             "quotes are part of the argument here, as with xinetd");
            break;
        }
    return true;
}

bool EntryReader::read(const std::vector<Word>& hosts)
{
    if (words_.size() > 1 && !read_socket_type())
        return false;
    return count_fields() && read_protocol() && read_name(hosts) && read_wait() && read_user() &&
           read_server();
}

} // namespace

bool is_inetd_socket_type(std::string_view word) noexcept
{
    return find_keyword(socket_types, word) || find_keyword(other_socket_types, word);
}

std::optional<InetdEntry> read_inetd_entry(const std::vector<Word>& words,
                                           const std::vector<Word>& hosts, bool as_xinetd,
                                           InetdRemarks& remarks)
{
    EntryReader reader(words, as_xinetd, remarks);
    if (!reader.read(hosts))
        return std::nullopt;
    return std::move(reader).take();
}

} // namespace usherd::config
