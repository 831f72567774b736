// SPDX-License-Identifier: BSD-2-Clause
//
// The names of the fuzz world.

#include "tests/fuzz/fuzz_world.h"

namespace usherd::fuzz {

namespace {

std::string folded(std::string text)
{
    for (char& letter : text)
        if (letter >= 'A' && letter <= 'Z')
            letter = static_cast<char>(letter - 'A' + 'a');
    return text;
}

} // namespace

std::optional<std::uint16_t> SomeNames::port_of(const std::string& service,
                                                const std::string& protocol)
{
    const bool known_protocol = protocol == "tcp" || protocol == "udp";
    if (service == "echo" && known_protocol)
        return 7;
    if (service == "ftp" && protocol == "tcp")
        return 21;
    if (service == "time" && known_protocol)
        return 37;
    if (service == "tftp" && protocol == "udp")
        return 69;
    return std::nullopt;
}

std::optional<config::ProtocolEntry> SomeNames::protocol(const std::string& name)
{
    if (folded(name) == "tcp")
        return config::ProtocolEntry{"tcp", 6};
    if (folded(name) == "udp")
        return config::ProtocolEntry{"udp", 17};
    if (name == "icmp")
        return config::ProtocolEntry{"icmp", 1};
    return std::nullopt;
}

std::optional<config::UserEntry> SomeNames::user(const std::string& name)
{
    if (name == "root")
        return config::UserEntry{"root", 0, 0};
    if (name == "nobody")
        return config::UserEntry{"nobody", 65534, 65534};
    return std::nullopt;
}

std::optional<config::UserEntry> SomeNames::user(std::uint32_t uid)
{
    return uid == 0 ? user("root") : uid == 65534 ? user("nobody") : std::nullopt;
}

std::optional<std::uint32_t> SomeNames::group(const std::string& name)
{
    if (name == "root" || name == "wheel")
        return 0;
    if (name == "tty")
        return 5;
    return std::nullopt;
}

std::vector<std::uint32_t> SomeNames::groups_of(const config::UserEntry& user)
{
    return {user.gid, 5};
}

std::optional<std::uint32_t> SomeNames::network(const std::string& name)
{
    if (name == "loopback")
        return 127;
    if (name == "home")
        return 0xC0A80000;
    return std::nullopt;
}

std::optional<std::uint32_t> SomeNames::rpc_program(const std::string& name)
{
    if (name == "rstatd")
        return 100001;
    return std::nullopt;
}

std::vector<access::IpAddress> SomeNames::addresses_of(const std::string& host)
{
    if (const auto numeric = access::IpAddress::parse(host))
        return {*numeric};
    if (host == "localhost")
        return {access::IpAddress::from_ipv4({127, 0, 0, 1}),
                access::IpAddress::from_ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
    if (host == "host.example")
        return {access::IpAddress::from_ipv4({192, 0, 2, 7})};
    return {};
}

std::optional<std::string> SomeNames::environment(const std::string& name)
{
    if (name == "PATH")
        return "/usr/bin:/bin";
    if (name == "EMPTY")
        return "";
    return std::nullopt;
}

} // namespace usherd::fuzz
