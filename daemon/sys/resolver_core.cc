// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/resolver_core.h"

#include <algorithm>
#include <arpa/inet.h>
#include <utility>

#include <event2/dns.h>

namespace usherd::sys {

namespace {

using Clock = std::chrono::steady_clock;

/// True if `name` may be asked about and shown. A PTR record can hold any bytes at all.
bool is_host_name(const std::string& name)
{
    constexpr std::size_t max_length = 253; // RFC 1035, 3.1
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    in_addr ipv4{};
    return !name.empty() && name.size() <= max_length && name.front() != '.' &&
           name.find_first_not_of(allowed) == std::string::npos &&
           ::inet_pton(AF_INET, name.c_str(), &ipv4) != 1;
}

/// True if the A or AAAA records hold `address`.
bool holds(const void* records, int count, const HostAddress& address)
{
    const std::size_t length = address.is_ipv4 ? 4 : 16;
    const auto* bytes = static_cast<const std::uint8_t*>(records);
    const auto* wanted = address.bytes.data() + (address.bytes.size() - length);
    for (int i = 0; i < count; ++i, bytes += length)
        if (std::equal(wanted, wanted + length, bytes))
            return true;
    return false;
}

/// True if the server has said that there is no such record: an answer, if an empty one.
bool says_no(int result)
{
    return result == DNS_ERR_NOTEXIST || result == DNS_ERR_NODATA;
}

} // namespace

HostNameResolver::Core::Core(EventLoop& loop, ResolverOptions options)
    : loop_(loop), options_(std::move(options)),
      cache_(std::max<std::size_t>(options_.max_cached, 1))
{
    options_.max_concurrent = std::max<std::size_t>(options_.max_concurrent, 1);
    dns_.emplace(loop, DnsClient::Options{options_.nameserver, options_.resolv_conf,
                                          options_.nsswitch_conf, options_.deadline,
                                          options_.max_concurrent});
    delivery_.emplace(loop, bind<&Core::deliver>(*this));
    if (auto hosts = HostsFile::read(options_.hosts_file))
        hosts_ = std::move(hosts).value();
}

void HostNameResolver::Core::shut_down() noexcept
{
    for (auto* state : {&queued_, &asking_, &ready_, &dropped_})
        for (Query& query : *state) {
            query.deadline.reset();
            for (auto* waiter : query.waiters)
                waiter->query = nullptr;
            query.waiters.clear();
        }
    delivery_.reset();
    dns_.reset();
}

std::unique_ptr<HostNameLookup::Waiter> HostNameResolver::Core::add(const HostAddress& address,
                                                                    NameCallback callback)
{
    Query& query = query_for(unmapped(address));
    auto waiter = std::make_unique<HostNameLookup::Waiter>();
    waiter->callback = callback;
    waiter->query = &query;
    waiter->position = query.waiters.insert(query.waiters.end(), waiter.get());
    return waiter;
}

HostNameResolver::Query& HostNameResolver::Core::query_for(const HostAddress& address)
{
    if (const auto present = unanswered_.find(address); present != unanswered_.end())
        return *present->second;
    Query& query = queued_.emplace_back(*this, loop_, address);
    query.state = &queued_;
    query.position = std::prev(queued_.end());
    unanswered_.emplace(address, &query);
    if (const auto name = known(address)) {
        conclude(query, std::string(*name));
    } else {
        query.deadline->start(options_.deadline);
        start_queued();
    }
    return query;
}

void HostNameResolver::Core::withdraw(const HostNameLookup::Waiter& waiter) noexcept
{
    Query& query = *waiter.query;
    query.waiters.erase(waiter.position);
    // One that is being asked about goes on: its answer is worth remembering.
    if (query.waiters.empty() && query.state == &queued_) {
        unanswered_.erase(query.address);
        queued_.erase(query.position);
    }
}

std::optional<std::string_view> HostNameResolver::Core::known(const HostAddress& address) const
{
    if (const auto name = hosts_.name_of(address); !name.empty())
        return name;
    return cache_.find(unmapped(address), Clock::now());
}

void HostNameResolver::Core::reload()
{
    auto hosts = HostsFile::read(options_.hosts_file);
    hosts_ = hosts ? std::move(hosts).value() : HostsFile();
    cache_.clear();
    dns_->reload();
}

void HostNameResolver::Core::move(Query& query, std::list<Query>& state)
{
    state.splice(state.end(), *query.state, query.position);
    query.state = &state;
}

void HostNameResolver::Core::start_queued()
{
    while (!queued_.empty() && in_dns_ < options_.max_concurrent) {
        Query& query = queued_.front();
        move(query, asking_);
        ask_name(query);
    }
}

void HostNameResolver::Core::ask_name(Query& query)
{
    query.is_in_dns = dns_->ask_name(query.address, on_name, &query);
    if (query.is_in_dns)
        ++in_dns_;
    else
        give_up(query);
}

void HostNameResolver::Core::ask_addresses(Query& query)
{
    const auto family = query.address.is_ipv4 ? DnsClient::Family::ipv4 : DnsClient::Family::ipv6;
    query.is_in_dns =
        dns_->ask_addresses(query.name, family, DnsClient::Search::none, on_addresses, &query);
    if (query.is_in_dns)
        ++in_dns_;
    else
        give_up(query);
}

/// Libevent has called back. @return true if the answer is still wanted.
bool HostNameResolver::Core::take_back(Query& query)
{
    if (!dns_)
        return false;
    query.is_in_dns = false;
    --in_dns_;
    if (!query.is_over)
        return true;
    if (query.state == &dropped_)
        dropped_.erase(query.position);
    start_queued();
    return false;
}

void HostNameResolver::Core::on_name(int result, char, int count, int ttl, void* records,
                                     void* context) noexcept
{
    auto& query = *static_cast<Query*>(context);
    Core& core = query.core;
    if (!core.take_back(query))
        return;
    if (result == DNS_ERR_NONE && count > 0)
        query.name = *static_cast<const char* const*>(records);
    query.ttl = std::chrono::seconds(ttl);
    if (is_host_name(query.name))
        core.ask_addresses(query);
    else if (result == DNS_ERR_NONE || says_no(result))
        core.learn(query, {}, core.options_.no_name_ttl);
    else
        core.give_up(query);
    core.start_queued();
}

void HostNameResolver::Core::on_addresses(int result, char, int count, int ttl, void* records,
                                          void* context) noexcept
{
    auto& query = *static_cast<Query*>(context);
    Core& core = query.core;
    if (!core.take_back(query))
        return;
    const ResolverOptions& options = core.options_;
    if (result == DNS_ERR_NONE && holds(records, count, query.address))
        core.learn(query, query.name,
                   std::clamp(std::min(query.ttl, std::chrono::seconds(ttl)), options.min_ttl,
                              options.max_ttl));
    else if (result == DNS_ERR_NONE || says_no(result))
        core.learn(query, {}, options.no_name_ttl);
    else
        core.give_up(query);
    core.start_queued();
}

void HostNameResolver::Core::give_up(Query& query)
{
    learn(query, {}, options_.failure_ttl);
}

void HostNameResolver::Core::learn(Query& query, std::string name, std::chrono::seconds ttl)
{
    cache_.insert(query.address, name, Clock::now() + ttl);
    conclude(query, std::move(name));
}

void HostNameResolver::Core::conclude(Query& query, std::string name)
{
    query.name = std::move(name);
    query.is_over = true;
    query.deadline->stop();
    move(query, ready_);
    delivery_->schedule();
}

// A callback may do anything: withdraw look-ups, begin some, or end the resolver.
void HostNameResolver::Core::deliver() noexcept
{
    for (std::size_t due = ready_.size(); due > 0; --due) {
        Query& query = ready_.front();
        unanswered_.erase(query.address);
        while (!query.waiters.empty()) {
            HostNameLookup::Waiter& waiter = *query.waiters.front();
            query.waiters.pop_front();
            waiter.query = nullptr;
            const NameCallback callback = waiter.callback; // the waiter may die in the call
            callback(query.name);
            if (!dns_)
                return;
        }
        if (query.is_in_dns)
            move(query, dropped_);
        else
            ready_.pop_front();
    }
}

void HostNameResolver::Query::on_deadline() noexcept
{
    core.give_up(*this);
}

} // namespace usherd::sys
