// SPDX-License-Identifier: BSD-2-Clause
//
// A NameLookup whose answers are what a test put in, on top of a small fixed system.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config-parser/name_lookup.h"

namespace usherd::test {

class FixedNames final : public config::NameLookup {
public:
    using NameAndProtocol = std::pair<std::string, std::string>;

    std::map<NameAndProtocol, std::uint16_t> ports{
        {{"echo", "tcp"}, 7},    {{"echo", "udp"}, 7},   {{"daytime", "tcp"}, 13},
        {{"ftp", "tcp"}, 21},    {{"ssh", "tcp"}, 22},   {{"telnet", "tcp"}, 23},
        {{"time", "tcp"}, 37},   {{"time", "udp"}, 37},  {{"tftp", "udp"}, 69},
        {{"finger", "tcp"}, 79}, {{"auth", "tcp"}, 113}, {{"rsync", "tcp"}, 873},
    };
    std::map<std::string, int> protocols{{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"sctp", 132}};
    std::map<std::string, std::string> protocol_aliases{{"TCP", "tcp"}, {"UDP", "udp"}};
    std::vector<config::UserEntry> users{
        {"root", 0, 0}, {"daemon", 1, 1}, {"games", 5, 60}, {"nobody", 65534, 65534}};
    std::map<std::string, std::uint32_t> groups{
        {"root", 0}, {"daemon", 1}, {"tty", 5}, {"games", 60}, {"nogroup", 65534}};
    std::map<std::string, std::vector<std::uint32_t>> supplementary{{"games", {60, 5}}};
    std::map<std::string, std::uint32_t> networks{{"loopback", 0x7f000000}, {"lab", 0xc0000200}};
    std::map<std::string, std::uint32_t> programs{{"rstatd", 100001}};
    std::map<std::string, std::vector<std::string>> hosts{
        {"localhost", {"127.0.0.1"}},
        {"host.example.com", {"192.0.2.10"}},
        {"two.example.com", {"192.0.2.1", "192.0.2.2"}},
        {"dual.example.com", {"192.0.2.3", "2001:db8::3"}},
        {"six.example.com", {"2001:db8::6"}},
    };
    std::map<std::string, std::string> variables{{"PATH", "/usr/bin:/bin"}, {"LANG", "C"}};
    int questions_about_hosts = 0;

    std::optional<std::uint16_t> port_of(const std::string& service,
                                         const std::string& protocol_name) override
    {
        return find(ports, NameAndProtocol{service, protocol_name});
    }
    std::optional<config::ProtocolEntry> protocol(const std::string& name) override
    {
        const std::string canonical = find(protocol_aliases, name).value_or(name);
        const auto number = find(protocols, canonical);
        return number ? std::optional{config::ProtocolEntry{canonical, *number}} : std::nullopt;
    }
    std::optional<config::UserEntry> user(const std::string& name) override
    {
        for (const config::UserEntry& entry : users)
            if (entry.name == name)
                return entry;
        return std::nullopt;
    }
    std::optional<config::UserEntry> user(std::uint32_t uid) override
    {
        for (const config::UserEntry& entry : users)
            if (entry.uid == uid)
                return entry;
        return std::nullopt;
    }
    std::optional<std::uint32_t> group(const std::string& name) override
    {
        return find(groups, name);
    }
    std::vector<std::uint32_t> groups_of(const config::UserEntry& user_entry) override
    {
        return find(supplementary, user_entry.name).value_or(std::vector{user_entry.gid});
    }
    std::optional<std::uint32_t> network(const std::string& name) override
    {
        return find(networks, name);
    }
    std::optional<std::uint32_t> rpc_program(const std::string& name) override
    {
        return find(programs, name);
    }
    std::vector<access::IpAddress> addresses_of(const std::string& host) override
    {
        ++questions_about_hosts;
        std::vector<access::IpAddress> addresses;
        for (const std::string& text : find(hosts, host).value_or(std::vector<std::string>{}))
            addresses.push_back(access::IpAddress::parse(text).value());
        return addresses;
    }
    std::optional<std::string> environment(const std::string& name) override
    {
        return find(variables, name);
    }

private:
    template <typename Map>
    static std::optional<typename Map::mapped_type> find(const Map& map,
                                                         const typename Map::key_type& key)
    {
        const auto found = map.find(key);
        return found == map.end() ? std::nullopt : std::optional{found->second};
    }
};

} // namespace usherd::test
