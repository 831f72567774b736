// SPDX-License-Identifier: BSD-2-Clause
//
// S15: the socket filter lets through whom the address lists allow, and nobody else. A small
// machine runs the programs here as the kernel would.

#include <array>
#include <netinet/in.h>
#include <random>

#include "access-control/decision.h"
#include "access-control/rule_text.h"
#include "daemon/core/address_filter.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::core {

namespace {

using access::Arrival;
using access::Family;
using access::IpAddress;
using access::Peer;
using access::Policy;
using access::rule;
using access::set_of;

/// The IP header of a segment, as far as a source address goes.
std::array<std::uint8_t, 40> header_of(const Peer& peer)
{
    std::array<std::uint8_t, 40> header{};
    if (peer.address.family() == Family::ipv4) {
        header[0] = 0x45;
        const auto bytes = peer.address.ipv4_bytes();
        std::copy(bytes.begin(), bytes.end(), header.begin() + 12);
    } else {
        header[0] = 0x60;
        std::copy(peer.address.bytes().begin(), peer.address.bytes().end(), header.begin() + 8);
    }
    return header;
}

/// Runs a program; each jump and load must be one that the kernel would take.
bool passes(const FilterProgram& program, const Peer& peer)
{
    const auto header = header_of(peer);
    std::uint32_t accumulator = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const auto& [code, jt, jf, k] = program[at];
        const std::size_t offset = k - static_cast<std::uint32_t>(SKF_NET_OFF);
        switch (code) {
        case BPF_LD | BPF_W | BPF_ABS:
            REQUIRE(offset + 4 <= header.size());
            accumulator = 0;
            for (std::size_t i = 0; i < 4; ++i)
                accumulator = accumulator << 8 | header[offset + i];
            break;
        case BPF_LD | BPF_B | BPF_ABS:
            REQUIRE(offset < header.size());
            accumulator = header[offset];
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += accumulator >= k ? jt : jf;
            break;
        case BPF_JMP | BPF_JA:
            at += k;
            break;
        case BPF_RET | BPF_K:
            return k != 0;
        default:
            FAIL("no such instruction here: " << code);
        }
    }
    FAIL("the program has no end");
    return false;
}

bool allows(const Policy& policy, const Peer& peer)
{
    return access::decide_address(policy, peer, {}).reason == access::Reason::allowed;
}

class Dice {
public:
    std::uint32_t below(std::uint32_t end)
    {
        return static_cast<std::uint32_t>(generator_()) % end;
    }

    /// Close to each other, so that lists overlap and addresses hit.
    IpAddress address(Family family)
    {
        constexpr std::array<std::uint8_t, 4> bytes{0, 1, 0x80, 0xff};
        IpAddress::Bytes16 result{};
        for (auto& byte : result)
            byte = below(3) == 0 ? static_cast<std::uint8_t>(below(256)) : bytes[below(4)];
        if (below(2) == 0)
            std::fill(result.begin() + 4, result.begin() + 4 + below(12), std::uint8_t{0});
        if (family == Family::ipv6)
            return IpAddress::from_ipv6(result);
        return IpAddress::from_ipv4({result[12], result[13], result[14], result[15]});
    }

    access::AddressSet set(std::uint32_t most)
    {
        std::vector<access::AddressRule> rules;
        for (std::uint32_t i = below(most + 1); i > 0; --i) {
            const Family family = below(2) == 0 ? Family::ipv4 : Family::ipv6;
            const IpAddress at = address(family);
            const bool inside_mapped = below(6) == 0; // ::ffff:a.b.c.d/n
            rules.push_back(access::make_prefix(
                inside_mapped ? Family::ipv6 : at.family(), at.bytes(),
                inside_mapped ? 80 + below(49) : below(at.family() == Family::ipv4 ? 33 : 129)));
        }
        return access::AddressSet(std::move(rules));
    }

    Policy policy(std::uint32_t most)
    {
        Policy policy;
        if (below(3) != 0)
            policy.only_from = set(most);
        if (below(3) != 0)
            policy.no_access = set(most);
        policy.access_match =
            below(2) == 0 ? access::AccessMatch::closest : access::AccessMatch::deny_first;
        return policy;
    }

    /// Anything, or the edge of some rule.
    IpAddress near(const Policy& policy, Family family)
    {
        const auto& list = below(2) == 0 ? policy.only_from : policy.no_access;
        if (!list || list->empty() || below(4) == 0)
            return address(family);
        const auto rules = list->rules();
        const auto& prefix =
            std::get<access::Prefix>(rules[below(static_cast<std::uint32_t>(rules.size()))]);
        auto bytes = prefix.bytes;
        if (below(2) == 0)
            bytes[below(16)] ^= static_cast<std::uint8_t>(1U << below(8));
        const IpAddress found = IpAddress::from_ipv6(bytes);
        return found.family() == family ? found : address(family);
    }

private:
    std::mt19937 generator_{15}; // NOLINT: the same numbers each time
};

void compare(const Policy& policy, Dice& dice, int addresses)
{
    const auto dual = compile_address_filter(policy, Family::ipv6);
    const auto plain = compile_address_filter(policy, Family::ipv4);
    REQUIRE(dual);
    REQUIRE(plain);
    for (int i = 0; i < addresses; ++i) {
        const Peer v4{dice.near(policy, Family::ipv4), Arrival::native, 1};
        const Peer over_v6{v4.address, Arrival::mapped, 1};
        const Peer v6{dice.near(policy, Family::ipv6), Arrival::native, 1};
        if (passes(*plain, v4) != allows(policy, v4) ||
            passes(*dual, over_v6) != allows(policy, over_v6))
            FAIL("of IPv4: " << access::to_string(v4.address));
        // One that claims an IPv4 address in an IPv6 header.
        if (v6.address.family() == Family::ipv4)
            continue;
        if (passes(*dual, v6) != allows(policy, v6))
            FAIL("of IPv6: " << access::to_string(v6.address));
    }
}

config::ServiceSpec waiting_service()
{
    config::ServiceSpec spec;
    spec.wait = true;
    spec.socket_type = config::SocketType::stream;
    spec.settings->protocol = {"tcp", IPPROTO_TCP};
    spec.endpoints.emplace_back(config::InetEndpoint{Family::ipv6, std::nullopt, 80, false});
    return spec;
}

} // namespace

TEST_CASE("a socket filter decides about every address as the address lists do")
{
    Dice dice;
    for (int round = 0; round < 300; ++round)
        compare(dice.policy(12), dice, 200);
    for (int round = 0; round < 4; ++round)
        compare(dice.policy(400), dice, 4000); // jumps beyond 255 instructions
}

TEST_CASE("the first and the last address of a network pass, their neighbours do not")
{
    Policy policy;
    policy.only_from = set_of({"192.0.2.64/26", "2001:db8:1::/48", "255.255.255.255",
                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"});
    const auto program = compile_address_filter(policy, Family::ipv6).value();
    for (const char* inside : {"192.0.2.64", "192.0.2.127", "255.255.255.255"})
        CHECK(passes(program, access::mapped(inside)));
    for (const char* outside : {"192.0.2.63", "192.0.2.128", "255.255.255.254", "0.0.0.0"})
        CHECK_FALSE(passes(program, access::mapped(outside)));
    for (const char* inside : {"2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
                               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
        CHECK(passes(program, access::native(inside)));
    for (const char* outside : {"2001:db8:0:ffff:ffff:ffff:ffff:ffff",
                                "2001:db8:2::", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"})
        CHECK_FALSE(passes(program, access::native(outside)));
}

TEST_CASE("an empty only_from lets nobody pass")
{
    Policy policy;
    policy.only_from = set_of({});
    for (const auto& program :
         {compile_address_filter(policy, Family::ipv6).value(), refuse_everybody()}) {
        CHECK_FALSE(passes(program, access::mapped("127.0.0.1")));
        CHECK_FALSE(passes(program, access::native("::1")));
    }
}

TEST_CASE("a stream service that waits needs a filter if it has address lists")
{
    config::ServiceSpec spec = waiting_service();
    CHECK_FALSE(needs_address_filter(spec));
    spec.policy->only_from = set_of({"127.0.0.1"});
    CHECK(needs_address_filter(spec));
    CHECK_FALSE(why_not_filtered(spec));

    config::ServiceSpec other = spec;
    other.wait = false;
    CHECK_FALSE(needs_address_filter(other));
    other = spec;
    other.endpoints = {config::UnixEndpoint{"/run/it", false}};
    CHECK_FALSE(needs_address_filter(other));
}

TEST_CASE("lists that no filter can apply are refused by name")
{
    config::ServiceSpec spec = waiting_service();
    spec.policy->no_access = set_of({"192.0.2.1", ".example.com"});
    CHECK(why_not_filtered(spec) ==
          "no_access names the host '.example.com': a stream service with wait = yes can be kept "
          "from addresses only");

    std::vector<access::AddressRule> many;
    for (std::uint32_t i = 0; i < 2100; ++i) {
        const auto high = static_cast<std::uint8_t>(i >> 7),
                   low = static_cast<std::uint8_t>(i << 1);
        many.push_back(access::make_prefix(IpAddress::from_ipv4({10, 0, high, low})));
    }
    spec.policy->no_access = access::AddressSet(many);
    REQUIRE(why_not_filtered(spec));
    CHECK(why_not_filtered(spec)->find("too long") != std::string::npos);

    spec.policy->no_access = set_of({"192.0.2.1"});
    spec.settings->protocol = {"sctp", IPPROTO_SCTP};
    REQUIRE(why_not_filtered(spec));
    CHECK(why_not_filtered(spec)->find("sctp") != std::string::npos);
}

TEST_CASE("whom a ban holds for does not pass, whatever the lists say")
{
    BanList bans;
    const BanList::SteadyTime now{};
    for (const char* const source : {"192.0.2.64/26", "2001:db8::/32", "198.51.100.7"}) {
        BanList::Entry entry;
        entry.block = access::parse_prefix(source).value();
        entry.until = now + std::chrono::seconds(10);
        REQUIRE(bans.add(entry));
    }
    Policy policy;
    const auto check = [&](const char* address, bool passing, BanList::SteadyTime at) {
        INFO(address);
        const Peer peer{IpAddress::parse(address).value(), Arrival::mapped};
        const auto program = compile_address_filter(policy, Family::ipv6, &bans, at);
        CHECK(passes(program.value(), peer) == passing);
    };
    for (const char* const banned : {"192.0.2.64", "192.0.2.127", "198.51.100.7", "2001:db8::1"}) {
        check(banned, false, now);
        check(banned, true, now + std::chrono::seconds(10));
    }
    for (const char* const other : {"192.0.2.63", "192.0.2.128", "198.51.100.8", "2001:db9::"})
        check(other, true, now);
    policy.only_from = set_of({"192.0.2.0/24"});
    check("192.0.2.1", true, now);
    check("192.0.2.65", false, now);
    check("203.0.113.1", false, now);
}

TEST_CASE("more bans than a filter has room for make none")
{
    BanList bans;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        BanList::Entry entry;
        const auto high = static_cast<std::uint8_t>(i >> 7U);
        const auto low = static_cast<std::uint8_t>(2 * (i & 0x7fU));
        entry.block = access::make_prefix(IpAddress::from_ipv4({10, 0, high, low}));
        REQUIRE(bans.add(entry));
        if (i == 1000)
            CHECK(compile_address_filter({}, Family::ipv4, &bans));
        if (i == 4000)
            CHECK_FALSE(compile_address_filter({}, Family::ipv4, &bans));
    }
    CHECK_FALSE(compile_address_filter({}, Family::ipv4, &bans));
}

} // namespace usherd::core
