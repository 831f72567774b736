// SPDX-License-Identifier: BSD-2-Clause
//
// The inside of HostNameResolver: queries, one for each address, on their way from one list to the
// next. Private to resolver.cc and resolver_core.cc.

#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/sys/dns_client.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/host_address.h"
#include "daemon/sys/hosts_file.h"
#include "daemon/sys/name_cache.h"
#include "daemon/sys/resolver.h"

namespace usherd::sys {

struct HostNameLookup::Waiter {
    NameCallback callback;
    HostNameResolver::Query* query = nullptr; ///< nullptr once it is answered
    std::list<Waiter*>::iterator position;    ///< among the query's waiters
};

/// One address whose name somebody wants, or wanted, to know.
struct HostNameResolver::Query {
    Query(Core& owner, EventLoop& loop, const HostAddress& wanted) : core(owner), address(wanted)
    {
        deadline.emplace(loop, bind<&Query::on_deadline>(*this));
    }

    void on_deadline() noexcept;

    Core& core;
    HostAddress address;
    std::string name;           ///< first what the PTR record claims, then the answer
    std::chrono::seconds ttl{}; ///< of the PTR record
    bool is_in_dns = false;     ///< libevent will call back
    bool is_over = false;       ///< the answer stands
    std::optional<Timer> deadline;
    std::list<HostNameLookup::Waiter*> waiters;
    std::list<Query>* state = nullptr; ///< the list that holds this
    std::list<Query>::iterator position;
};

/// The list that holds a query says how far it is.
class HostNameResolver::Core {
public:
    Core(EventLoop& loop, ResolverOptions options);
    void shut_down() noexcept;

    std::unique_ptr<HostNameLookup::Waiter> add(const HostAddress& address, NameCallback callback);
    void withdraw(const HostNameLookup::Waiter& waiter) noexcept;
    [[nodiscard]] std::optional<std::string_view> known(const HostAddress& address) const;
    void reload();

    /// The deadline is over, or there is nobody to ask.
    void give_up(Query& query);

private:
    Query& query_for(const HostAddress& address);
    static void move(Query& query, std::list<Query>& state);
    void start_queued();
    void ask_name(Query& query);
    void ask_addresses(Query& query);
    [[nodiscard]] bool take_back(Query& query);
    void learn(Query& query, std::string name, std::chrono::seconds ttl);
    void conclude(Query& query, std::string name);
    void deliver() noexcept;

    static void on_name(int result, char, int count, int ttl, void* records,
                        void* context) noexcept;
    static void on_addresses(int result, char, int count, int ttl, void* records,
                             void* context) noexcept;

    EventLoop& loop_;
    ResolverOptions options_;
    HostsFile hosts_;
    NameCache cache_;
    std::map<HostAddress, Query*> unanswered_; ///< queued, asking or ready
    std::list<Query> queued_;
    std::list<Query> asking_;
    std::list<Query> ready_;
    std::list<Query> dropped_; ///< delivered, but libevent will still call back
    std::size_t in_dns_ = 0;
    // Gone when the resolver is; the rest stays for libevent until the loop is gone.
    std::optional<DnsClient> dns_;
    std::optional<Deferred> delivery_;
};

} // namespace usherd::sys
