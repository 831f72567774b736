// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/inetd_section.h"

#include <algorithm>
#include <utility>

#include "config-parser/enum_syntax.h"
#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

using Kind = InetdEntry::Kind;
using Family = InetdEntry::Family;

class SectionWriter {
public:
    explicit SectionWriter(const InetdEntry& entry) : entry_(entry) {}

    RawSection write(const Word* host, bool ipv6_only, const std::string& id);

private:
    void write_type();
    void write_flags(bool ipv6_only);
    void write_place(const Word* host, bool ipv6_only);
    void write_limits();
    void write_who();
    [[nodiscard]] bool has_port() const { return entry_.kind == Kind::internet && entry_.is_port; }

    /// An attribute that says what `field` says, in these words.
    void add(std::string_view name, const Word& field, std::vector<std::string> words)
    {
        RawAttribute attribute{
            std::string(name), AssignOp::set, {}, field.location, field.location};
        for (std::string& word : words)
            attribute.words.push_back({std::move(word), field.location});
        section_.attributes.push_back(std::move(attribute));
    }
    void add(std::string_view name, const Word& field) { add(name, field, {field.text}); }

    const InetdEntry& entry_;
    RawSection section_;
};

void SectionWriter::write_type()
{
    std::vector<std::string> types;
    if (entry_.kind == Kind::rpc)
        types.emplace_back("RPC");
    if (entry_.kind == Kind::tcpmux)
        types.emplace_back(entry_.greets ? "TCPMUXPLUS" : "TCPMUX");
    if (entry_.is_internal)
        types.emplace_back("INTERNAL");
    const bool numbered = entry_.kind == Kind::rpc && all_digits(entry_.name.text);
    if (entry_.kind == Kind::tcpmux || numbered || has_port())
        types.emplace_back("UNLISTED");
    if (!types.empty())
        add("type", entry_.is_internal ? entry_.server : entry_.field, std::move(types));
    if (entry_.kind == Kind::rpc)
        add("rpc_version", entry_.versions);
    if (numbered)
        add("rpc_number", entry_.name);
}

/// What xinetd sets for every entry that has a server.
void SectionWriter::write_flags(bool ipv6_only)
{
    std::vector<std::string> flags;
    if (!entry_.is_internal)
        flags = {"REUSE", "NAMEINARGS", "NOLIBWRAP"};
    if (entry_.family == Family::ipv4)
        flags.emplace_back("IPv4");
    if (entry_.family == Family::ipv6 || entry_.family == Family::both)
        flags.emplace_back("IPv6");
    if (!flags.empty())
        add("flags", entry_.family == Family::any ? entry_.server : entry_.protocol,
            std::move(flags));
    if (ipv6_only)
        add("v6only", entry_.protocol, {"yes"});
    else if (entry_.family == Family::both)
        add("v6only", entry_.protocol, {"no"});
}

void SectionWriter::write_place(const Word* host, bool ipv6_only)
{
    add("socket_type", entry_.socket_type);
    if (entry_.kind == Kind::unix_socket) {
        add("listen", entry_.name, {"unix:" + entry_.name.text});
        if (!entry_.mode.text.empty())
            add("socket_mode", entry_.mode);
        if (!entry_.owner.text.empty())
            add("socket_owner", entry_.owner);
        if (!entry_.group_of_file.text.empty())
            add("socket_group", entry_.group_of_file);
        return;
    }
    write_flags(ipv6_only);
    // Here, other than in a service file, UDP is udp.
    const auto& protocol = entry_.protocol.text;
    add("protocol", entry_.protocol,
        {equal_ignoring_case(protocol, "tcp")   ? "tcp"
         : equal_ignoring_case(protocol, "udp") ? "udp"
                                                : protocol});
    if (has_port())
        add("port", entry_.name);
    if (host != nullptr)
        add("bind", *host);
}

/// An inetd lets clients wait where its limits are reached.
void SectionWriter::write_limits()
{
    if (!entry_.most.text.empty()) {
        add("instances", entry_.most);
        add("limit_action", entry_.most, {"queue"});
    }
    if (!entry_.most_per_source.text.empty())
        add("per_source", entry_.most_per_source);
    if (!entry_.starts_per_source.text.empty())
        add("source_rate", entry_.starts_per_source,
            {entry_.starts_per_source.text, "60", entry_.starts_per_source.text});
}

void SectionWriter::write_who()
{
    add("user", entry_.user);
    if (!entry_.group.text.empty())
        add("group", entry_.group);
    add("groups", entry_.user, {"yes"});
}

RawSection SectionWriter::write(const Word* host, bool ipv6_only, const std::string& id)
{
    section_.name = entry_.name.text;
    section_.location = entry_.field.location;
    section_.from_inetd = true;
    if (id != section_.name)
        add("id", entry_.name, {id});
    write_type();
    write_place(host, ipv6_only);
    add("wait", entry_.wait, {entry_.waits ? "yes" : "no"});
    write_limits();
    write_who();
    if (!entry_.is_internal) {
        add("server", entry_.server);
        if (entry_.kind == Kind::unix_socket)
            add("flags", entry_.server, {"REUSE", "NAMEINARGS", "NOLIBWRAP"});
        if (!entry_.arguments.empty()) {
            add("server_args", entry_.arguments.front(), {});
            section_.attributes.back().words = entry_.arguments;
        }
    }
    return std::move(section_);
}

std::string lower_case(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

} // namespace

std::vector<RawSection> to_sections(const InetdEntry& entry, const InetdPlacing& placing)
{
    std::string id = entry.name.text;
    if (entry.is_internal)
        id += placing.as_xinetd ? "-dgram" : '-' + lower_case(entry.socket_type.text);
    if (placing.beside_ipv4)
        id += "-ipv6";
    std::vector<RawSection> sections;
    if (entry.hosts.empty())
        sections.push_back(SectionWriter(entry).write(nullptr, placing.ipv6_only, id));
    for (const Word& host : entry.hosts)
        sections.push_back(
            SectionWriter(entry).write(&host, false, sections.empty() ? id : id + '@' + host.text));
    return sections;
}

} // namespace usherd::config
