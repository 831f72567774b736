// SPDX-License-Identifier: BSD-2-Clause
//
// What is the name of this address? Asynchronous, forward-confirmed, bounded in time and number.
// Asks the hosts file and, unless nsswitch.conf leaves it out, the DNS; never blocks.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/host_address.h"

namespace usherd::sys {

/// Two words, as Callback. The name is empty if there is none, and valid during the call.
struct NameCallback {
    void* object = nullptr;
    void (*invoke)(void*, std::string_view) noexcept = nullptr;

    void operator()(std::string_view name) const noexcept { invoke(object, name); }
};

/// Binds a member function to `object`, which must outlive the HostNameLookup.
template <auto method, class Object>
NameCallback bind_name(Object& object) noexcept
{
    static_assert(noexcept((object.*method)(std::string_view{})),
                  "an event callback must be noexcept");
    return {&object, [](void* p, std::string_view name) noexcept {
                (static_cast<Object*>(p)->*method)(name);
            }};
}

/// A question and its owner: its destructor withdraws it. May outlive the resolver.
class HostNameLookup {
public:
    HostNameLookup() noexcept; ///< no question
    ~HostNameLookup();
    HostNameLookup(HostNameLookup&&) noexcept;
    HostNameLookup& operator=(HostNameLookup&&) noexcept;
    HostNameLookup(const HostNameLookup&) = delete;
    HostNameLookup& operator=(const HostNameLookup&) = delete;

    [[nodiscard]] bool is_pending() const noexcept; ///< neither answered nor withdrawn

private:
    friend class HostNameResolver;
    struct Waiter;
    explicit HostNameLookup(std::unique_ptr<Waiter> waiter) noexcept;

    std::unique_ptr<Waiter> waiter_;
};

struct ResolverOptions {
    /// Of a look-up as a whole. After it the host has no name, and a later answer is dropped.
    std::chrono::milliseconds deadline{5000};
    /// Addresses that are asked about at the same time; the others wait for their turn.
    std::size_t max_concurrent = 256;
    std::string nameserver; ///< "address:port"; empty: those of resolv_conf
    std::string resolv_conf = "/etc/resolv.conf";
    std::string nsswitch_conf = "/etc/nsswitch.conf"; ///< whether they are asked at all
    std::string hosts_file = "/etc/hosts";
    std::size_t max_cached = 1024;
    std::chrono::seconds min_ttl{5};   ///< a name is remembered for at least
    std::chrono::seconds max_ttl{300}; ///< and at most so long
    std::chrono::seconds no_name_ttl{30};
    std::chrono::seconds failure_ttl{5}; ///< how long a server that does not answer is not asked
};

/// Looks names up in this order:
/// - the hosts file: the canonical name, which counts as confirmed;
/// - the PTR record, if the A or AAAA records of the name it gives hold the address; otherwise the
///   name proves nothing, and there is none.
/// An IPv4-mapped address is the IPv4 address. A name is at most 253 letters, digits, hyphens,
/// underscores and dots, and no address; any other is none. Equal addresses share one question.
/// A missing or broken file is an empty one.
class HostNameResolver {
public:
    /// Reads both files.
    explicit HostNameResolver(EventLoop& loop, ResolverOptions options = {});
    ~HostNameResolver();
    HostNameResolver(const HostNameResolver&) = delete;
    HostNameResolver& operator=(const HostNameResolver&) = delete;

    /// Calls `callback` once, out of the loop and never from within this call.
    [[nodiscard]] HostNameLookup lookup(const HostAddress& address, NameCallback callback);
    /// What the hosts file or an earlier look-up says, without asking anybody: the name, empty if
    /// it is known that there is none; nothing if it takes a look-up. The view is valid until
    /// the loop runs or the resolver is asked something else.
    [[nodiscard]] std::optional<std::string_view> known(const HostAddress& address) const;
    /// Reads both files again and forgets what was learnt. Reads from the disk: at a reload only.
    void reload();

private:
    friend class HostNameLookup;
    class Core;
    struct Query;
    // Shared with the loop: libevent may hold an answer that it delivers after our end.
    std::shared_ptr<Core> core_;
};

} // namespace usherd::sys
