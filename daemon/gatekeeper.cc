// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/gatekeeper.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "daemon/sensor.h"
#include "daemon/service.h"
#include "daemon/sys/local_time.h"
#include "daemon/wrappers.h"

namespace usherd::daemon {

namespace {

// More than this many clients whose names are being looked up: the rest is refused.
constexpr std::size_t max_parked = 4096;

sys::HostAddress to_host_address(const access::IpAddress& address) noexcept
{
    return {address.bytes(), address.family() == access::Family::ipv4};
}

double load_average() noexcept
{
    double load = -1;
    return ::getloadavg(&load, 1) == 1 ? load : -1;
}

/// Asks the system for what the policy needs.
access::Facts gather(const Service& service, const std::optional<access::Peer>& peer,
                     std::uint32_t running_total, std::uint32_t process_limit, bool within_rate,
                     std::time_t now)
{
    const access::Policy& policy = *service.spec().policy;
    access::Facts facts;
    facts.within_rate = within_rate;
    if (policy.max_load)
        facts.load_average = load_average();
    if (policy.access_times)
        facts.local_minute = {
            sys::local_moment(std::chrono::system_clock::from_time_t(now)).minute};
    facts.running = service.counter().running();
    if (peer && policy.per_source != access::unlimited)
        facts.running_from_source = service.counter().running_from(peer->address);
    facts.running_total = running_total;
    facts.process_limit = process_limit;
    facts.peer = peer;
    return facts;
}

access::Facts count_and_gather(Service& service, const std::optional<access::Peer>& peer,
                               std::uint32_t running_total, std::uint32_t process_limit)
{
    const std::time_t now = std::time(nullptr);
    const bool within_rate = service.count_arrival(now);
    return gather(service, peer, running_total, process_limit, within_rate, now);
}

} // namespace

struct Gatekeeper::Parked {
    Parked(Gatekeeper& its_owner, Service& its_service, Arrival its_arrival, MaybeSlot its_slot)
        : owner(its_owner), service(&its_service), arrival(std::move(its_arrival)),
          slot(std::move(its_slot))
    {
    }
    void on_name(std::string_view name) noexcept { owner.on_name(*this, name); }

    Gatekeeper& owner;
    Service* service;
    Arrival arrival;
    MaybeSlot slot;
    sys::HostNameLookup lookup;
};

Gatekeeper::Gatekeeper(sys::EventLoop& loop, sys::HostNameResolver& resolver, Sensors& sensors,
                       Wrappers& wrappers)
    : resolver_(resolver), sensors_(sensors), wrappers_(wrappers),
      clear_(loop, sys::bind<&Gatekeeper::clear_finished>(*this))
{
}

Gatekeeper::~Gatekeeper() = default;

void Gatekeeper::judge(Service& service, Arrival arrival, std::uint32_t running_total,
                       std::uint32_t process_limit)
{
    const access::Policy& policy = *service.spec().policy;
    const auto facts = count_and_gather(service, arrival.peer, running_total, process_limit);
    if (const auto reason = access::decide_limits(policy, facts);
        reason != access::Reason::allowed) {
        service.on_refused(std::move(arrival), {reason});
        return;
    }
    if (is_denied(service, arrival.peer)) {
        service.on_refused(std::move(arrival), {access::Reason::address});
        return;
    }
    std::optional<access::IpAddress> source;
    if (arrival.peer)
        source = arrival.peer->address;
    auto slot = service.take_slot(source);
    slot.hold(std::move(arrival.through));
    if (!arrival.peer) {
        ask_wrappers(service, std::move(arrival), std::move(slot));
        return;
    }
    if (access::needs_host_name(policy, *arrival.peer))
        park(service, std::move(arrival), std::move(slot));
    else
        decide_address(service, std::move(arrival), std::move(slot), {});
}

bool Gatekeeper::is_denied(const Service& service, const std::optional<access::Peer>& peer) noexcept
{
    const bool is_sensor = service.spec().flags.has(config::ServiceFlag::sensor);
    if (is_sensor && peer)
        sensors_.on_touched(service.spec(), *peer);
    return is_sensor || (peer && sensors_.refuses(*peer));
}

access::Reason Gatekeeper::judge_again(const Service& service,
                                       const std::optional<access::Peer>& peer,
                                       std::uint32_t running_total, std::uint32_t process_limit)
{
    const access::Policy& policy = *service.spec().policy;
    auto facts = gather(service, peer, running_total, process_limit, true, std::time(nullptr));
    // Its own slot is among them.
    facts.running -= std::min(facts.running, 1U);
    facts.running_from_source -= std::min(facts.running_from_source, 1U);
    if (const auto reason = access::decide_limits(policy, facts); reason != access::Reason::allowed)
        return reason;
    if (is_denied(service, peer))
        return access::Reason::address;
    if (!peer || access::needs_host_name(policy, *peer))
        return access::Reason::allowed;
    return access::decide_address(policy, *peer, {}).reason;
}

void Gatekeeper::decide_address(Service& service, Arrival arrival, MaybeSlot slot,
                                std::string_view name)
{
    const auto verdict = access::decide_address(*service.spec().policy, *arrival.peer, name);
    if (verdict.reason == access::Reason::allowed)
        return ask_wrappers(service, std::move(arrival), std::move(slot));
    refuse(service, std::move(arrival), std::move(slot), {verdict.reason, verdict.both_match});
}

void Gatekeeper::ask_wrappers(Service& service, Arrival arrival, MaybeSlot slot)
{
    if (wrappers_.concern(service.spec(), arrival.local.family()))
        return wrappers_.ask(service, std::move(arrival), std::move(slot));
    admit(service, std::move(arrival), std::move(slot));
}

void Gatekeeper::admit(Service& service, Arrival arrival, MaybeSlot slot)
{
    if (arrival.kept)
        service.on_datagram_judged(arrival, {access::Reason::allowed});
    else
        service.on_admitted(std::move(arrival), std::move(*slot));
}

void Gatekeeper::refuse(Service& service, Arrival arrival, MaybeSlot slot,
                        const access::Decision& decision)
{
    if (arrival.kept)
        return service.on_datagram_judged(arrival, decision);
    service.on_refused(std::move(arrival), decision);
    slot.reset();
    service.on_slot_free();
}

std::optional<access::Decision> Gatekeeper::judge_datagram(Service& service,
                                                           const std::optional<access::Peer>& peer,
                                                           std::uint32_t running_total,
                                                           std::uint32_t process_limit)
{
    const access::Policy& policy = *service.spec().policy;
    const auto facts = count_and_gather(service, peer, running_total, process_limit);
    if (const auto limits = access::decide_limits(policy, facts); limits != access::Reason::allowed)
        return access::Decision{limits};
    if (is_denied(service, peer))
        return access::Decision{access::Reason::address};
    if (peer && access::needs_host_name(policy, *peer))
        return std::nullopt;
    const auto decision = access::decide(policy, facts);
    if (decision.reason == access::Reason::allowed && peer &&
        wrappers_.concern(service.spec(), AF_INET))
        return std::nullopt;
    return decision;
}

access::Facts Gatekeeper::facts_about(const Service& service, const access::Peer& peer,
                                      std::uint32_t running_total,
                                      std::uint32_t process_limit) const
{
    const std::time_t now = std::time(nullptr);
    const bool within_rate = service.gate().would_admit(service.spec().policy->cps, now);
    auto facts = gather(service, peer, running_total, process_limit, within_rate, now);
    facts.denied_by_sensor =
        service.spec().flags.has(config::ServiceFlag::sensor) || sensors_.denies(peer);
    return facts;
}

void Gatekeeper::judge_kept(Service& service, Arrival arrival)
{
    if (access::needs_host_name(*service.spec().policy, *arrival.peer))
        park(service, std::move(arrival), std::nullopt);
    else
        ask_wrappers(service, std::move(arrival), std::nullopt);
}

void Gatekeeper::park(Service& service, Arrival arrival, MaybeSlot slot)
{
    if (parked_.size() >= max_parked)
        return refuse(service, std::move(arrival), std::move(slot), {access::Reason::address});
    const auto address = to_host_address(arrival.peer->address);
    Parked& parked = parked_.emplace_back(*this, service, std::move(arrival), std::move(slot));
    parked.lookup = resolver_.lookup(address, sys::bind_name<&Parked::on_name>(parked));
}

void Gatekeeper::on_name(Parked& parked, std::string_view name) noexcept
{
    const auto here = std::find_if(parked_.begin(), parked_.end(),
                                   [&](const Parked& other) { return &other == &parked; });
    finished_.splice(finished_.end(), parked_, here);
    clear_.schedule();
    decide_address(*parked.service, std::move(parked.arrival),
                   std::exchange(parked.slot, std::nullopt), name);
}

void Gatekeeper::forget(const Service& service) noexcept
{
    parked_.remove_if([&](const Parked& parked) { return parked.service == &service; });
}

std::size_t Gatekeeper::parked_for(const Service& service) const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(parked_.begin(), parked_.end(), [&](const Parked& parked) {
            return parked.service == &service && parked.slot;
        }));
}

void Gatekeeper::clear_finished() noexcept
{
    finished_.clear();
}

} // namespace usherd::daemon
