// SPDX-License-Identifier: BSD-2-Clause
#include <limits>

#include "access-control/decision.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::access {

namespace {

Facts from(std::string_view address)
{
    Facts facts;
    facts.peer = native(address);
    return facts;
}

Policy with_lists(std::optional<AddressSet> only_from, std::optional<AddressSet> no_access,
                  AccessMatch access_match = AccessMatch::deny_first)
{
    Policy policy;
    policy.only_from = std::move(only_from);
    policy.no_access = std::move(no_access);
    policy.access_match = access_match;
    return policy;
}

Reason reason_for(const Policy& policy, std::string_view address, std::string_view name = {})
{
    return decide_address(policy, native(address), name).reason;
}

} // namespace

TEST_CASE("a policy without rules admits everybody")
{
    CHECK(decide(Policy{}, from("192.0.2.1")) == Decision{});
    CHECK(decide(Policy{}, from("2001:db8::1")) == Decision{});
    CHECK(decide(Policy{}, Facts{}) == Decision{});
    const AddressVerdict verdict = decide_address(Policy{}, native("192.0.2.1"), {});
    CHECK(verdict.only_from.bits == any_peer);
    CHECK(verdict.no_access.bits == no_match);
}

TEST_CASE("the log has xinetd's word for every reason")
{
    CHECK(log_token(Reason::rate) == "connections per second");
    CHECK(log_token(Reason::load) == "load");
    CHECK(log_token(Reason::time) == "time");
    CHECK(log_token(Reason::service_limit) == "service_limit");
    CHECK(log_token(Reason::per_source_limit) == "per_source_limit");
    CHECK(log_token(Reason::process_limit) == "process_limit");
    CHECK(log_token(Reason::address) == "address");
    CHECK(log_token(Reason::libwrap) == "libwrap");
    CHECK(log_token(Reason::fork) == "fork");
    CHECK(name(Reason::rate) == "rate");
    CHECK(name(Reason::allowed) == "allowed");
    CHECK(name(Reason::fork) == "fork");
}

TEST_CASE("checks are made in xinetd's order")
{
    Policy policy = with_lists(AddressSet{}, std::nullopt);
    policy.max_load = 1.0;
    policy.access_times.emplace();
    policy.instances = 0;
    policy.per_source = 0;
    Facts facts = from("192.0.2.1");
    facts.within_rate = false;
    facts.load_average = 2.0;
    facts.process_limit = 1;
    facts.running_total = 1;

    CHECK(decide(policy, facts).reason == Reason::rate);
    facts.within_rate = true;
    CHECK(decide(policy, facts).reason == Reason::load);
    policy.max_load.reset();
    CHECK(decide(policy, facts).reason == Reason::time);
    policy.access_times.reset();
    CHECK(decide(policy, facts).reason == Reason::service_limit);
    policy.instances = unlimited;
    CHECK(decide(policy, facts).reason == Reason::per_source_limit);
    policy.per_source = unlimited;
    CHECK(decide(policy, facts).reason == Reason::process_limit);
    CHECK(decide_limits(policy, facts) == Reason::process_limit);
    facts.process_limit = 0;
    CHECK(decide(policy, facts).reason == Reason::address);
    CHECK(decide_limits(policy, facts) == Reason::allowed);
    policy.only_from.reset();
    CHECK(decide(policy, facts).reason == Reason::allowed);
}

TEST_CASE("max_load refuses from its value on, and never when the load cannot be read")
{
    Policy policy;
    policy.max_load = 2.5;
    Facts facts = from("192.0.2.1");
    facts.load_average = 2.49;
    CHECK(decide(policy, facts).reason == Reason::allowed);
    facts.load_average = 2.5;
    CHECK(decide(policy, facts).reason == Reason::load);
    facts.load_average = -1;
    CHECK(decide(policy, facts).reason == Reason::allowed);
    policy.max_load.reset();
    facts.load_average = 1000;
    CHECK(decide(policy, facts).reason == Reason::allowed);
}

TEST_CASE("access_times that do not hold the minute refuse, and so does an empty list")
{
    Policy policy;
    policy.access_times = {{LocalMinute{480}, LocalMinute{540}}};
    Facts facts = from("192.0.2.1");
    facts.local_minute = LocalMinute{540};
    CHECK(decide(policy, facts).reason == Reason::allowed);
    facts.local_minute = LocalMinute{541};
    CHECK(decide(policy, facts).reason == Reason::time);
    policy.access_times->clear();
    CHECK(decide(policy, facts).reason == Reason::time);
}

TEST_CASE("instances = 2 serves two at a time, instances = 0 nobody")
{
    Policy policy;
    policy.instances = 2;
    Facts facts = from("192.0.2.1");
    facts.running = 1;
    CHECK(decide(policy, facts).reason == Reason::allowed);
    facts.running = 2;
    CHECK(decide(policy, facts).reason == Reason::service_limit);
    facts.running = 3;
    CHECK(decide(policy, facts).reason == Reason::service_limit);
    policy.instances = 0;
    facts.running = 0;
    CHECK(decide(policy, facts).reason == Reason::service_limit);
    policy.instances = unlimited;
    facts.running = std::numeric_limits<std::uint32_t>::max();
    CHECK(decide(policy, facts).reason == Reason::allowed);
}

TEST_CASE("per_source = 1 refuses the second server of one address and needs an address")
{
    Policy policy;
    policy.per_source = 1;
    Facts facts = from("192.0.2.2");
    facts.running = 5;
    CHECK(decide(policy, facts).reason == Reason::allowed);
    facts.running_from_source = 1;
    CHECK(decide(policy, facts).reason == Reason::per_source_limit);
    facts.peer.reset();
    CHECK(decide(policy, facts).reason == Reason::allowed);
    policy.per_source = 0;
    CHECK(decide(policy, facts).reason == Reason::allowed);
    CHECK(decide(policy, from("192.0.2.2")).reason == Reason::per_source_limit);
}

TEST_CASE("the process limit counts the servers of all services, and 0 is no limit")
{
    Facts facts = from("192.0.2.1");
    facts.process_limit = 1;
    CHECK(decide(Policy{}, facts).reason == Reason::allowed);
    facts.running_total = 1;
    CHECK(decide(Policy{}, facts).reason == Reason::process_limit);
    facts.process_limit = 2;
    CHECK(decide(Policy{}, facts).reason == Reason::allowed);
    facts.process_limit = 0;
    facts.running_total = 100'000;
    CHECK(decide(Policy{}, facts).reason == Reason::allowed);
}

TEST_CASE("an empty only_from refuses everybody, an empty no_access nobody")
{
    const Policy closed = with_lists(AddressSet{}, std::nullopt);
    CHECK(reason_for(closed, "127.0.0.1") == Reason::address);
    CHECK(reason_for(closed, "::1", "localhost") == Reason::address);
    const Policy open = with_lists(std::nullopt, AddressSet{});
    CHECK(reason_for(open, "127.0.0.1") == Reason::allowed);
}

TEST_CASE("without a peer the address lists are not applied")
{
    CHECK(decide(with_lists(AddressSet{}, set_of({"0.0.0.0/0"})), Facts{}) == Decision{});
}

TEST_CASE("only_from = 127.0.0.0 with no_access = 127.0.0.5 refuses .5 with an error line")
{
    const Policy policy = with_lists(set_of({"127.0.0.0/8"}), set_of({"127.0.0.5"}));
    CHECK(decide(policy, from("127.0.0.5")) == Decision{Reason::address, true});
    CHECK(decide(policy, from("127.0.0.6")) == Decision{Reason::allowed, false});
    CHECK(decide(policy, from("192.0.2.1")) == Decision{Reason::address, false});
}

TEST_CASE("only_from = 127.0.0.5 with no_access = 127.0.0.0 refuses both, .5 with an error line")
{
    const Policy policy = with_lists(set_of({"127.0.0.5"}), set_of({"127.0.0.0/8"}));
    CHECK(decide(policy, from("127.0.0.5")) == Decision{Reason::address, true});
    CHECK(decide(policy, from("127.0.0.6")) == Decision{Reason::address, false});
}

TEST_CASE("only_from = 127.0.0.1 on a dual-stack socket serves the mapped client and not ::1")
{
    const Policy policy = with_lists(set_of({"127.0.0.1"}), std::nullopt);
    CHECK(decide_address(policy, mapped("127.0.0.1"), {}).reason == Reason::allowed);
    CHECK(decide_address(policy, native("::1"), {}).reason == Reason::address);
}

TEST_CASE("no_access alone refuses whom it matches and admits the rest")
{
    const Policy policy = with_lists(std::nullopt, set_of({"10.0.0.0/8", "2001:db8::/32"}));
    CHECK(decide(policy, from("10.1.2.3")) == Decision{Reason::address, false});
    CHECK(decide(policy, from("11.0.0.0")) == Decision{});
    CHECK(decide(policy, from("2001:db8::1")) == Decision{Reason::address, false});
}

TEST_CASE("with access_match = closest the longer match wins and a tie refuses")
{
    const auto closest = AccessMatch::closest;
    const Policy inner = with_lists(set_of({"10.0.0.5"}), set_of({"10.0.0.0/8"}), closest);
    CHECK(decide(inner, from("10.0.0.5")) == Decision{Reason::allowed, false});
    CHECK(decide(inner, from("10.0.0.6")) == Decision{Reason::address, false});

    const Policy outer = with_lists(set_of({"10.0.0.0/8"}), set_of({"10.0.0.5"}), closest);
    CHECK(decide(outer, from("10.0.0.5")) == Decision{Reason::address, false});
    CHECK(decide(outer, from("10.0.0.6")) == Decision{Reason::allowed, false});

    const Policy tie = with_lists(set_of({"10.0.0.0/8"}), set_of({"10.0.0.0/8"}), closest);
    CHECK(decide(tie, from("10.0.0.5")) == Decision{Reason::address, true});

    const Policy denied = with_lists(std::nullopt, set_of({".example.com"}), closest);
    CHECK(reason_for(denied, "10.0.0.5", "a.example.com") == Reason::address);
    CHECK(reason_for(denied, "10.0.0.5", "a.example.org") == Reason::allowed);
}

TEST_CASE("only_from = .example.test serves the names below it")
{
    const Policy policy = with_lists(set_of({".example.test"}), std::nullopt);
    Facts facts = from("127.0.0.5");
    facts.host_name = "five.example.test";
    CHECK(decide(policy, facts) == Decision{});
    facts.host_name = "notexample.test";
    CHECK(decide(policy, facts).reason == Reason::address);
    facts.host_name = {};
    CHECK(decide(policy, facts).reason == Reason::address);
}

TEST_CASE("the verdict names the rule of each list")
{
    const Policy policy =
        with_lists(set_of({"10.0.0.0/8", "10.1.0.0/16"}), set_of({"192.0.2.0/24", "10.1.2.3"}));
    const AddressVerdict verdict = decide_address(policy, native("10.1.2.3"), {});
    CHECK(verdict.reason == Reason::address);
    CHECK(verdict.only_from == Match{96 + 16, 1});
    CHECK(verdict.no_access == Match{128, 1});
    CHECK(verdict.both_match);
}

} // namespace usherd::access
