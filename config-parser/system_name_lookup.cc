// SPDX-License-Identifier: BSD-2-Clause
//
// The reentrant look-up functions of the C library, with memory.

#include "config-parser/system_name_lookup.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <grp.h>
#include <iterator>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>

#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

/// Calls `look_up(buffer)` with ever larger buffers while it answers ERANGE.
template <typename LookUp>
int with_buffer(LookUp look_up)
{
    constexpr std::size_t largest = std::size_t{16} << 20;
    std::vector<char> buffer(1024);
    int error = look_up(buffer);
    while (error == ERANGE && buffer.size() < largest) {
        buffer.resize(buffer.size() * 4);
        error = look_up(buffer);
    }
    return error;
}

/// The remembered answer to `question`, asked with `ask()` the first time.
template <typename Memory, typename Question, typename Ask>
auto remembered(Memory& memory, const Question& question, Ask ask)
{
    const auto found = memory.find(question);
    if (found != memory.end())
        return found->second;
    return memory.emplace(question, ask()).first->second;
}

UserEntry to_entry(const passwd& account)
{
    return {account.pw_name, account.pw_uid, account.pw_gid};
}

/// @param call getpwnam_r or getpwuid_r
template <typename Call, typename Key>
std::optional<UserEntry> ask_for_user(Call call, Key key)
{
    passwd account{};
    passwd* found = nullptr;
    std::optional<UserEntry> entry;
    with_buffer([&](std::vector<char>& buffer) {
        const int error = call(key, &account, buffer.data(), buffer.size(), &found);
        if (error == 0 && found != nullptr)
            entry = to_entry(account);
        return error;
    });
    return entry;
}

std::optional<access::IpAddress> to_address(const sockaddr* address)
{
    if (address->sa_family == AF_INET) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, address, sizeof ipv4);
        access::IpAddress::Bytes4 bytes{};
        std::memcpy(bytes.data(), &ipv4.sin_addr, bytes.size());
        return access::IpAddress::from_ipv4(bytes);
    }
    if (address->sa_family != AF_INET6)
        return std::nullopt;
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, address, sizeof ipv6);
    access::IpAddress::Bytes16 bytes{};
    std::memcpy(bytes.data(), &ipv6.sin6_addr, bytes.size());
    return access::IpAddress::from_ipv6(bytes);
}

std::vector<access::IpAddress> ask_for_addresses(const std::string& host)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0)
        return {};
    std::vector<access::IpAddress> addresses;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        const auto address = to_address(one->ai_addr);
        if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
            addresses.push_back(*address);
    }
    ::freeaddrinfo(list);
    return addresses;
}

/// The next word of `line`, taken off it; empty at the end or at a comment.
std::string_view take_word(std::string_view& line)
{
    constexpr std::string_view blanks = " \t\r\f\v";
    const std::size_t start = line.find_first_not_of(blanks);
    if (start == std::string_view::npos || line[start] == '#') {
        line = {};
        return {};
    }
    const std::size_t end = line.find_first_of(" \t\r\f\v#", start);
    const std::string_view word = line.substr(start, end - start);
    line = end == std::string_view::npos ? std::string_view{} : line.substr(end);
    return word;
}

} // namespace

void parse_services(std::string_view text,
                    std::unordered_map<std::string, std::optional<std::uint16_t>>& ports)
{
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        std::string_view line = text.substr(0, newline);
        text = newline == std::string_view::npos ? std::string_view{} : text.substr(newline + 1);
        std::string_view name = take_word(line);
        const std::string_view place = take_word(line);
        const std::size_t slash = place.find('/');
        const auto port = parse_unsigned(place.substr(0, slash));
        if (slash == std::string_view::npos || !port || *port > 65535)
            continue;
        for (; !name.empty(); name = take_word(line))
            ports.try_emplace(std::string{name}.append(place.substr(slash)),
                              static_cast<std::uint16_t>(*port));
    }
}

void SystemNameLookup::read_services_file()
{
    if (services_read_)
        return;
    services_read_ = true;
    std::ifstream file(services_file_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    parse_services(text, ports_);
}

std::optional<std::uint16_t> SystemNameLookup::port_of(const std::string& service,
                                                       const std::string& protocol)
{
    read_services_file();
    return remembered(ports_, service + '/' + protocol, [&] {
        servent entry{};
        servent* found = nullptr;
        std::optional<std::uint16_t> port;
        with_buffer([&](std::vector<char>& buffer) {
            const int error = ::getservbyname_r(service.c_str(), protocol.c_str(), &entry,
                                                buffer.data(), buffer.size(), &found);
            if (error == 0 && found != nullptr)
                port = ntohs(static_cast<std::uint16_t>(entry.s_port));
            return error;
        });
        return port;
    });
}

std::optional<ProtocolEntry> SystemNameLookup::protocol(const std::string& name)
{
    return remembered(protocols_, name, [&] {
        protoent entry{};
        protoent* found = nullptr;
        std::optional<ProtocolEntry> answer;
        with_buffer([&](std::vector<char>& buffer) {
            const int error =
                ::getprotobyname_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
            if (error == 0 && found != nullptr)
                answer = ProtocolEntry{entry.p_name, entry.p_proto};
            return error;
        });
        return answer;
    });
}

std::optional<UserEntry> SystemNameLookup::user(const std::string& name)
{
    return remembered(users_, name, [&] { return ask_for_user(::getpwnam_r, name.c_str()); });
}

std::optional<UserEntry> SystemNameLookup::user(std::uint32_t uid)
{
    return remembered(users_by_id_, uid, [&] { return ask_for_user(::getpwuid_r, uid); });
}

std::optional<std::uint32_t> SystemNameLookup::group(const std::string& name)
{
    return remembered(groups_, name, [&] {
        ::group entry{};
        ::group* found = nullptr;
        std::optional<std::uint32_t> gid;
        with_buffer([&](std::vector<char>& buffer) {
            const int error =
                ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
            if (error == 0 && found != nullptr)
                gid = entry.gr_gid;
            return error;
        });
        return gid;
    });
}

std::vector<std::uint32_t> SystemNameLookup::groups_of(const UserEntry& user)
{
    return remembered(groups_of_, user.name, [&] {
        constexpr int most = 65536; // NGROUPS_MAX of the kernel
        int count = 32;
        std::vector<gid_t> groups(static_cast<std::size_t>(count));
        while (::getgrouplist(user.name.c_str(), user.gid, groups.data(), &count) < 0 &&
               count > static_cast<int>(groups.size()) && count <= most)
            groups.resize(static_cast<std::size_t>(count));
        groups.resize(std::min(groups.size(), static_cast<std::size_t>(std::max(count, 0))));
        return std::vector<std::uint32_t>(groups.begin(), groups.end());
    });
}

std::optional<std::uint32_t> SystemNameLookup::network(const std::string& name)
{
    return remembered(networks_, name, [&] {
        netent entry{};
        netent* found = nullptr;
        int host_error = 0;
        std::optional<std::uint32_t> number;
        with_buffer([&](std::vector<char>& buffer) {
            const int error = ::getnetbyname_r(name.c_str(), &entry, buffer.data(), buffer.size(),
                                               &found, &host_error);
            if (error == 0 && found != nullptr && entry.n_addrtype == AF_INET)
                number = entry.n_net;
            return error;
        });
        return number;
    });
}

std::optional<std::uint32_t> SystemNameLookup::rpc_program(const std::string& name)
{
    return remembered(rpc_programs_, name, [&] {
        rpcent entry{};
        rpcent* found = nullptr;
        std::optional<std::uint32_t> program;
        with_buffer([&](std::vector<char>& buffer) {
            const int error =
                ::getrpcbyname_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
            if (error == 0 && found != nullptr)
                program = static_cast<std::uint32_t>(entry.r_number);
            return error;
        });
        return program;
    });
}

std::vector<access::IpAddress> SystemNameLookup::addresses_of(const std::string& host)
{
    return remembered(addresses_, host, [&] { return ask_for_addresses(host); });
}

std::optional<std::string> SystemNameLookup::environment(const std::string& name)
{
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

} // namespace usherd::config
