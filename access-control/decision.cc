// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/decision.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace usherd::access {

namespace {

constexpr std::array<std::string_view, reason_count> reason_names{
    "allowed",       "rate",    "load",    "time", "service_limit", "per_source_limit",
    "process_limit", "address", "libwrap", "fork", "ban",           "identity"};
static_assert(static_cast<std::size_t>(Reason::identity) + 1 == reason_names.size());

bool reaches(std::uint32_t running, std::uint32_t limit) noexcept
{
    return limit != unlimited && running >= limit;
}

/// The length of the match decides alone: the rules of both lists come together only here.
Reason outcome(AccessMatch access_match, int allowed_bits, int denied_bits) noexcept
{
    if (allowed_bits == no_match)
        return Reason::address;
    if (denied_bits == no_match)
        return Reason::allowed;
    return access_match == AccessMatch::closest && allowed_bits > denied_bits ? Reason::allowed
                                                                              : Reason::address;
}

const HostPattern& host_pattern(const AddressSet& set, std::uint32_t position) noexcept
{
    return *std::get_if<HostPattern>(&set.rules()[position]);
}

/// The longest match by name that no peer matched by `pattern` can avoid.
int unavoidable_bits(const std::optional<AddressSet>& set, const HostPattern& pattern) noexcept
{
    int bits = no_match;
    if (set)
        for (const std::uint32_t position : set->host_pattern_positions()) {
            const HostPattern& other = host_pattern(*set, position);
            if (covers(other, pattern))
                bits = std::max(bits, is_domain(other) ? domain_match : 128);
        }
    return bits;
}

} // namespace

std::string_view log_token(Reason reason) noexcept
{
    return reason == Reason::rate ? "connections per second" : name(reason);
}

std::string_view name(Reason reason) noexcept
{
    return reason_names[static_cast<std::size_t>(reason)];
}

Reason decide_limits(const Policy& policy, const Facts& facts) noexcept
{
    if (facts.banned)
        return Reason::ban;
    if (!facts.within_rate)
        return Reason::rate;
    if (policy.max_load && facts.load_average >= *policy.max_load)
        return Reason::load;
    if (policy.access_times && !contains(*policy.access_times, facts.local_minute))
        return Reason::time;
    if (reaches(facts.running, policy.instances))
        return Reason::service_limit;
    if (facts.peer && reaches(facts.running_from_source, policy.per_source))
        return Reason::per_source_limit;
    if (facts.process_limit != 0 && facts.running_total >= facts.process_limit)
        return Reason::process_limit;
    return Reason::allowed;
}

AddressVerdict decide_address(const Policy& policy, const Peer& peer,
                              std::string_view host_name) noexcept
{
    AddressVerdict verdict;
    verdict.only_from.bits = any_peer;
    if (policy.only_from)
        verdict.only_from = policy.only_from->longest_match(peer, host_name);
    if (policy.no_access)
        verdict.no_access = policy.no_access->longest_match(peer, host_name);
    verdict.reason = outcome(policy.access_match, verdict.only_from.bits, verdict.no_access.bits);

    const bool either_could_win = policy.access_match == AccessMatch::deny_first ||
                                  verdict.only_from.bits == verdict.no_access.bits;
    verdict.both_match =
        policy.only_from && verdict.only_from && verdict.no_access && either_could_win;
    return verdict;
}

Decision decide(const Policy& policy, const Facts& facts) noexcept
{
    const Reason limits = decide_limits(policy, facts);
    if (limits != Reason::allowed)
        return {limits};
    if (facts.denied_by_sensor)
        return {Reason::address};
    if (!facts.peer)
        return {Reason::allowed};
    const AddressVerdict verdict = decide_address(policy, *facts.peer, facts.host_name);
    return {verdict.reason, verdict.both_match};
}

// A name only adds matches. So what is refused without one can only be admitted by a host pattern
// of only_from, and what is admitted can only be refused by one of no_access. Of all the names such
// a pattern matches, the one most likely to turn the outcome is that which the other list matches
// least: a host pattern's own text, or a fresh name right below a domain.
bool needs_host_name(const Policy& policy, const Peer& peer) noexcept
{
    const AddressVerdict nameless = decide_address(policy, peer, {});
    const bool refused = nameless.reason != Reason::allowed;
    const auto& turning = refused ? policy.only_from : policy.no_access;
    const auto& other = refused ? policy.no_access : policy.only_from;
    const int other_bits = refused ? nameless.no_access.bits : nameless.only_from.bits;
    const int turning_bits = refused ? nameless.only_from.bits : nameless.no_access.bits;
    if (!turning)
        return false;
    for (const std::uint32_t position : turning->host_pattern_positions()) {
        const HostPattern& pattern = host_pattern(*turning, position);
        if (pattern.text.empty())
            continue;
        const int gained = std::max(turning_bits, is_domain(pattern) ? domain_match : 128);
        const int opposed = std::max(other_bits, unavoidable_bits(other, pattern));
        const Reason named = refused ? outcome(policy.access_match, gained, opposed)
                                     : outcome(policy.access_match, opposed, gained);
        if (named != nameless.reason)
            return true;
    }
    return false;
}

} // namespace usherd::access
