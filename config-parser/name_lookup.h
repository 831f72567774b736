// SPDX-License-Identifier: BSD-2-Clause
//
// The system's databases, as the configuration needs them: ports, protocols, users, groups,
// networks, RPC programs, host addresses. Asked at load time only. Tests give FixedNames.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access-control/ip_address.h"

namespace usherd::config {

struct UserEntry {
    std::string name;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    bool operator==(const UserEntry&) const = default;
};

struct ProtocolEntry {
    std::string name; ///< canonical: `tcp` for the alias `TCP`
    int number = 0;
    bool operator==(const ProtocolEntry&) const = default;
};

class NameLookup {
public:
    virtual ~NameLookup() = default;

    /// services(5); host byte order.
    [[nodiscard]] virtual std::optional<std::uint16_t> port_of(const std::string& service,
                                                               const std::string& protocol) = 0;
    [[nodiscard]] virtual std::optional<ProtocolEntry> protocol(const std::string& name) = 0;
    [[nodiscard]] virtual std::optional<UserEntry> user(const std::string& name) = 0;
    [[nodiscard]] virtual std::optional<UserEntry> user(std::uint32_t uid) = 0;
    [[nodiscard]] virtual std::optional<std::uint32_t> group(const std::string& name) = 0;
    /// Supplementary groups of an account, its primary group included (getgrouplist(3)).
    [[nodiscard]] virtual std::vector<std::uint32_t> groups_of(const UserEntry& user) = 0;
    /// networks(5), as the C library returns it: a 32-bit number, host byte order.
    [[nodiscard]] virtual std::optional<std::uint32_t> network(const std::string& name) = 0;
    [[nodiscard]] virtual std::optional<std::uint32_t> rpc_program(const std::string& name) = 0;
    /// Addresses of a host name, in resolver order; empty if it does not resolve.
    [[nodiscard]] virtual std::vector<access::IpAddress> addresses_of(const std::string& host) = 0;
    /// The daemon's environment, for `passenv`.
    [[nodiscard]] virtual std::optional<std::string> environment(const std::string& name) = 0;
};

} // namespace usherd::config
