// SPDX-License-Identifier: BSD-2-Clause
//
// Which endpoints are taken, by the kernel's rules for sockets with SO_REUSEADDR: listening stream
// sockets conflict where their addresses overlap; datagram sockets never do, but two on one
// address are one too many (on the wildcard they are xinetd's to have). Looking up costs O(1).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "config-parser/service_spec.h"

namespace usherd::config {

class PortTable {
public:
    /// Whatever the caller tells services apart by.
    using Owner = std::size_t;

    /// Makes room for so many endpoints.
    void reserve(std::size_t endpoints) { ports_.reserve(endpoints); }

    /// The owner of an endpoint that excludes one of `endpoints`.
    [[nodiscard]] std::optional<Owner> find_conflict(std::span<const Endpoint> endpoints,
                                                     SocketType type,
                                                     const Protocol& protocol) const;
    /// The owner of a datagram wildcard that is among `endpoints` too: the kernel lets both have it
    /// and gives all datagrams to the later one.
    [[nodiscard]] std::optional<Owner> find_shadowed(std::span<const Endpoint> endpoints,
                                                     SocketType type,
                                                     const Protocol& protocol) const;
    void add(std::span<const Endpoint> endpoints, SocketType type, const Protocol& protocol,
             Owner owner);

private:
    /// The sockets of one family on one port.
    struct Half {
        struct Taken {
            access::IpAddress address;
            Owner owner;
        };
        std::optional<Owner> wildcard;
        std::optional<Taken> first; ///< that has an address: most often there is no other
        std::unordered_map<access::IpAddress, Owner> others;
    };
    struct Port {
        Half ipv4, ipv6;
    };
    struct Key {
        SocketType type;
        int protocol;
        std::uint16_t port;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept
        {
            return (static_cast<std::size_t>(key.protocol) << 24U) +
                   (static_cast<std::size_t>(key.type) << 16U) + key.port;
        }
    };

    [[nodiscard]] std::optional<Owner> find(const Endpoint& endpoint, SocketType type,
                                            const Protocol& protocol) const;

    std::unordered_map<Key, Port, Hash> ports_;
    std::unordered_map<std::string, Owner> unix_names_; ///< with `@` or `/` in front
};

} // namespace usherd::config
