// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/address_resolver.h"

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <event2/dns.h>

#include "daemon/sys/dns_client.h"
#include "daemon/sys/hosts_file.h"

namespace usherd::sys {

namespace {

using Clock = std::chrono::steady_clock;

std::vector<HostAddress> addresses_in(const void* records, int count, DnsClient::Family family)
{
    const bool is_ipv4 = family == DnsClient::Family::ipv4;
    const std::size_t length = is_ipv4 ? 4 : 16;
    const auto* bytes = static_cast<const std::uint8_t*>(records);
    std::vector<HostAddress> addresses;
    for (int i = 0; i < count; ++i, bytes += length) {
        HostAddress address;
        address.is_ipv4 = is_ipv4;
        std::copy(bytes, bytes + length, address.bytes.end() - static_cast<std::ptrdiff_t>(length));
        addresses.push_back(unmapped(address));
    }
    return addresses;
}

} // namespace

struct AddressLookup::Waiter {
    AddressesCallback callback;
    AddressResolver::Entry* entry = nullptr; ///< nullptr once it is answered
    std::list<Waiter*>::iterator position;   ///< among the entry's waiters
};

/// A name, and what is known about it.
struct AddressResolver::Entry {
    Entry(Core& owner, EventLoop& loop, std::string wanted) : core(owner), name(std::move(wanted))
    {
        deadline.emplace(loop, bind<&Entry::on_deadline>(*this));
    }

    void on_deadline() noexcept;

    Core& core;
    std::string name;
    std::vector<HostAddress> good; ///< the last good answer
    Clock::time_point expires;     ///< until then nobody is asked
    DnsClient::Family asking = DnsClient::Family::ipv4;
    bool is_in_dns = false; ///< libevent will call back
    bool is_ready = false;  ///< to be delivered
    std::optional<Timer> deadline;
    std::list<AddressLookup::Waiter*> waiters;
};

class AddressResolver::Core {
public:
    Core(EventLoop& loop, AddressResolverOptions options)
        : loop_(loop), options_(std::move(options))
    {
        // Longer than anybody waits: a late answer is worth remembering.
        constexpr std::chrono::milliseconds least{5000};
        dns_.emplace(loop, DnsClient::Options{options_.nameserver, options_.resolv_conf,
                                              options_.nsswitch_conf,
                                              std::max(options_.deadline, least)});
        delivery_.emplace(loop, bind<&Core::deliver>(*this));
        read_hosts();
    }
    void shut_down() noexcept;
    std::unique_ptr<AddressLookup::Waiter> add(const std::string& name, AddressesCallback callback);
    void reload();
    void fail(Entry& entry) noexcept;

private:
    void read_hosts();
    void ask(Entry& entry, DnsClient::Family family);
    void conclude(Entry& entry, std::chrono::seconds valid) noexcept;
    void deliver() noexcept;
    static void answer(Entry& entry) noexcept;
    static void on_answer(int result, char, int count, int ttl, void* records,
                          void* context) noexcept;

    EventLoop& loop_;
    AddressResolverOptions options_;
    HostsFile hosts_;
    std::map<std::string, Entry> entries_; ///< never shrinks: libevent refers to them
    // Gone when the resolver is; the rest stays for libevent until the loop is gone.
    std::optional<DnsClient> dns_;
    std::optional<Deferred> delivery_;
};

void AddressResolver::Core::read_hosts()
{
    auto hosts = HostsFile::read(options_.hosts_file);
    hosts_ = hosts ? std::move(hosts).value() : HostsFile();
}

void AddressResolver::Core::shut_down() noexcept
{
    for (auto& [name, entry] : entries_) {
        entry.deadline.reset();
        for (auto* waiter : entry.waiters)
            waiter->entry = nullptr;
        entry.waiters.clear();
    }
    delivery_.reset();
    dns_.reset();
}

std::unique_ptr<AddressLookup::Waiter> AddressResolver::Core::add(const std::string& name,
                                                                  AddressesCallback callback)
{
    Entry& entry = entries_.try_emplace(name, *this, loop_, name).first->second;
    auto waiter = std::make_unique<AddressLookup::Waiter>();
    waiter->callback = callback;
    waiter->entry = &entry;
    waiter->position = entry.waiters.insert(entry.waiters.end(), waiter.get());
    if (auto listed = hosts_.addresses_of(name); !listed.empty()) {
        entry.good = std::move(listed);
        conclude(entry, options_.min_ttl);
    } else if (Clock::now() < entry.expires) {
        entry.is_ready = true;
        delivery_->schedule();
    } else if (!entry.deadline->is_started()) {
        entry.deadline->start(options_.deadline);
        if (!entry.is_in_dns)
            ask(entry, DnsClient::Family::ipv4);
    }
    return waiter;
}

void AddressResolver::Core::reload()
{
    read_hosts();
    dns_->reload();
    for (auto& [name, entry] : entries_)
        entry.expires = {};
}

void AddressResolver::Core::ask(Entry& entry, DnsClient::Family family)
{
    entry.asking = family;
    entry.is_in_dns = dns_->ask_addresses(entry.name, family, DnsClient::Search::as_configured,
                                          on_answer, &entry);
    if (!entry.is_in_dns)
        fail(entry);
}

void AddressResolver::Core::on_answer(int result, char, int count, int ttl, void* records,
                                      void* context) noexcept
{
    auto& entry = *static_cast<Entry*>(context);
    Core& core = entry.core;
    if (!core.dns_)
        return;
    entry.is_in_dns = false;
    if (result == DNS_ERR_NONE && count > 0) {
        entry.good = addresses_in(records, count, entry.asking);
        core.conclude(entry, std::clamp(std::chrono::seconds(ttl), core.options_.min_ttl,
                                        core.options_.max_ttl));
        return;
    }
    const bool has_none =
        result == DNS_ERR_NONE || result == DNS_ERR_NODATA || result == DNS_ERR_NOTEXIST;
    if (has_none && entry.asking == DnsClient::Family::ipv4)
        core.ask(entry, DnsClient::Family::ipv6);
    else
        core.fail(entry);
}

/// The last good answer goes on to count.
void AddressResolver::Core::fail(Entry& entry) noexcept
{
    conclude(entry, options_.failure_ttl);
}

void AddressResolver::Core::conclude(Entry& entry, std::chrono::seconds valid) noexcept
{
    entry.expires = Clock::now() + valid;
    entry.deadline->stop();
    entry.is_ready = true;
    delivery_->schedule();
}

void AddressResolver::Core::deliver() noexcept
{
    // A callback may look up more, or end the resolver; entries stay.
    for (auto& [name, entry] : entries_) {
        if (std::exchange(entry.is_ready, false))
            answer(entry);
        if (!dns_)
            return;
    }
}

void AddressResolver::Core::answer(Entry& entry) noexcept
{
    const std::vector<HostAddress> addresses = entry.good;
    for (std::size_t due = entry.waiters.size(); due > 0 && !entry.waiters.empty(); --due) {
        AddressLookup::Waiter& waiter = *entry.waiters.front();
        entry.waiters.pop_front();
        waiter.entry = nullptr;
        const AddressesCallback callback = waiter.callback; // the waiter may die in the call
        callback(addresses);
    }
}

void AddressResolver::Entry::on_deadline() noexcept
{
    core.fail(*this);
}

AddressLookup::AddressLookup() noexcept = default;

AddressLookup::AddressLookup(std::unique_ptr<Waiter> waiter) noexcept : waiter_(std::move(waiter))
{
}

AddressLookup::AddressLookup(AddressLookup&&) noexcept = default;

AddressLookup& AddressLookup::operator=(AddressLookup&& other) noexcept
{
    const AddressLookup former(std::move(*this));
    waiter_ = std::move(other.waiter_);
    return *this;
}

AddressLookup::~AddressLookup()
{
    if (is_pending())
        waiter_->entry->waiters.erase(waiter_->position);
}

bool AddressLookup::is_pending() const noexcept
{
    return waiter_ && waiter_->entry != nullptr;
}

AddressResolver::AddressResolver(EventLoop& loop, AddressResolverOptions options)
    : core_(std::make_shared<Core>(loop, std::move(options)))
{
    loop.keep_until_the_end(core_);
}

AddressResolver::~AddressResolver()
{
    core_->shut_down();
}

AddressLookup AddressResolver::lookup(const std::string& name, AddressesCallback callback)
{
    return AddressLookup(core_->add(name, callback));
}

void AddressResolver::reload()
{
    core_->reload();
}

} // namespace usherd::sys
