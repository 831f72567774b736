// SPDX-License-Identifier: BSD-2-Clause
//
// What are the addresses of this name? Asynchronous, remembered for as long as the DNS says, and
// the last good answer is not forgotten when there is none. For names from the configuration, of
// which there are few: what is learnt about one is kept. Asks the hosts file and,
// unless nsswitch.conf leaves it out, the DNS; never blocks.

#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/host_address.h"

namespace usherd::sys {

/// Two words, as Callback. Empty: nothing is known. The addresses are valid during the call.
struct AddressesCallback {
    void* object = nullptr;
    void (*invoke)(void*, std::span<const HostAddress>) noexcept = nullptr;

    void operator()(std::span<const HostAddress> addresses) const noexcept
    {
        invoke(object, addresses);
    }
};

/// Binds a member function to `object`, which must outlive the AddressLookup.
template <auto method, class Object>
AddressesCallback bind_addresses(Object& object) noexcept
{
    static_assert(noexcept((object.*method)(std::span<const HostAddress>{})),
                  "an event callback must be noexcept");
    return {&object, [](void* p, std::span<const HostAddress> addresses) noexcept {
                (static_cast<Object*>(p)->*method)(addresses);
            }};
}

/// A question and its owner: its destructor withdraws it. May outlive the resolver.
class AddressLookup {
public:
    AddressLookup() noexcept; ///< no question
    ~AddressLookup();
    AddressLookup(AddressLookup&&) noexcept;
    AddressLookup& operator=(AddressLookup&&) noexcept;
    AddressLookup(const AddressLookup&) = delete;
    AddressLookup& operator=(const AddressLookup&) = delete;

    [[nodiscard]] bool is_pending() const noexcept; ///< neither answered nor withdrawn

private:
    friend class AddressResolver;
    struct Waiter;
    explicit AddressLookup(std::unique_ptr<Waiter> waiter) noexcept;

    std::unique_ptr<Waiter> waiter_;
};

struct AddressResolverOptions {
    /// Nobody waits longer for an answer; one that comes later is remembered.
    std::chrono::milliseconds deadline{3000};
    std::string nameserver; ///< "address:port"; empty: those of resolv_conf
    std::string resolv_conf = "/etc/resolv.conf";
    std::string nsswitch_conf = "/etc/nsswitch.conf"; ///< whether they are asked at all
    std::string hosts_file = "/etc/hosts";
    std::chrono::seconds min_ttl{1};   ///< an answer counts for at least
    std::chrono::seconds max_ttl{300}; ///< and at most so long
    /// How long nobody is asked again after there was no answer.
    std::chrono::seconds failure_ttl{5};
};

/// Looks names up in the hosts file, then by their A records, and where there are none by their
/// AAAA records; names with the search list of resolv.conf(5). The order is that of the answer.
class AddressResolver {
public:
    /// Reads both files.
    explicit AddressResolver(EventLoop& loop, AddressResolverOptions options = {});
    ~AddressResolver();
    AddressResolver(const AddressResolver&) = delete;
    AddressResolver& operator=(const AddressResolver&) = delete;

    /// Calls `callback` once, out of the loop and never from within this call: with the answer, or
    /// with the last good one if there is none in time.
    [[nodiscard]] AddressLookup lookup(const std::string& name, AddressesCallback callback);
    /// Reads both files again and asks for every name anew. Reads from the disk: at a reload only.
    void reload();

private:
    friend class AddressLookup;
    class Core;
    struct Entry;
    // Shared with the loop: libevent may hold an answer that it delivers after our end.
    std::shared_ptr<Core> core_;
};

} // namespace usherd::sys
