// SPDX-License-Identifier: BSD-2-Clause
//
// needs_host_name: a connection waits for the resolver only if the answer can matter.

#include <algorithm>
#include <random>

#include "access-control/decision.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::access {

namespace {

constexpr auto deny_first = AccessMatch::deny_first;
constexpr auto closest = AccessMatch::closest;
using List = std::optional<AddressSet>;

bool needed(const List& only_from, const List& no_access, AccessMatch access_match = deny_first,
            std::string_view peer = "10.0.0.1")
{
    Policy policy;
    policy.only_from = only_from;
    policy.no_access = no_access;
    policy.access_match = access_match;
    return needs_host_name(policy, native(peer));
}

} // namespace

TEST_CASE("without host patterns no name is needed")
{
    CHECK_FALSE(needed({}, {}));
    CHECK_FALSE(needed(AddressSet{}, AddressSet{}));
    CHECK_FALSE(needed(set_of({"10.0.0.0/8"}), set_of({"10.0.0.1"})));
}

TEST_CASE("a host pattern in only_from matters to a client that no address admits")
{
    CHECK(needed(set_of({".example.com"}), {}));
    CHECK(needed(set_of({"192.0.2.0/24", "a.example.com"}), {}));
    CHECK_FALSE(needed(set_of({"10.0.0.0/8", "a.example.com"}), {}));
}

TEST_CASE("a host pattern in no_access matters to a client that is admitted without it")
{
    CHECK(needed({}, set_of({".example.com"})));
    CHECK(needed(set_of({"10.0.0.0/8"}), set_of({".example.com"})));
    CHECK_FALSE(needed({}, set_of({"10.0.0.0/8", ".example.com"})));
    CHECK_FALSE(needed(set_of({"192.0.2.0/24"}), set_of({".example.com"})));
}

TEST_CASE("no name helps a client whose address no_access holds")
{
    CHECK_FALSE(needed(set_of({"a.example.com"}), set_of({"10.0.0.0/8"})));
    CHECK(needed(set_of({"a.example.com"}), set_of({"10.0.0.0/8"}), closest));
    CHECK_FALSE(needed(set_of({".example.com"}), set_of({"10.0.0.0/8"}), closest));
    CHECK_FALSE(needed(set_of({"a.example.com"}), set_of({"10.0.0.1"}), closest));
}

TEST_CASE("a name that both lists match turns nothing")
{
    CHECK_FALSE(needed(set_of({"a.example.com"}), set_of({"A.Example.com"})));
    CHECK_FALSE(needed(set_of({"a.example.com"}), set_of({".example.com"})));
    CHECK_FALSE(needed(set_of({".a.example.com"}), set_of({".example.com"})));
    CHECK_FALSE(needed(set_of({".example.com"}), set_of({".EXAMPLE.com"})));
    CHECK(needed(set_of({".example.com"}), set_of({".a.example.com"})));
    CHECK(needed(set_of({".example.com"}), set_of({"a.example.com"})));
    CHECK(needed(set_of({"example.com"}), set_of({".example.com"})));
    CHECK(needed(set_of({"a.example.com", "b.test"}), set_of({".example.com"})));
}

TEST_CASE("with access_match = closest a host name beats a domain and any network")
{
    CHECK(needed(set_of({"a.example.com"}), set_of({".example.com"}), closest));
    CHECK_FALSE(needed(set_of({".example.com"}), set_of({".example.com"}), closest));
    CHECK_FALSE(needed(set_of({"10.0.0.0/8"}), set_of({".example.com"}), closest));
    CHECK(needed(set_of({"10.0.0.0/8"}), set_of({"a.example.com"}), closest));
    CHECK(needed(set_of({"10.0.0.1"}), set_of({"a.example.com"}), closest)); // a tie refuses
    CHECK(needed({}, set_of({".example.com"}), closest));
}

TEST_CASE("the need for a name is exactly that some name changes the outcome")
{
    // Every name that two lists over these patterns can tell apart.
    const std::vector<std::string> names{"a.com", "b.com",     "x.com", "a.b.com", "x.b.com", "com",
                                         "b.org", "x.a.b.com", "org",   "x.org",   "nothing"};
    const std::vector<std::string_view> rules{
        "a.com", ".com",       ".b.com",   "a.b.com",   "com",          ".a.b.com", ".org",
        "b.org", "10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "192.0.2.0/24", "",         "B.COM"};
    std::mt19937 random(7);
    const auto random_list = [&]() -> List {
        if (random() % 5 == 0)
            return std::nullopt;
        std::vector<AddressRule> list;
        for (auto i = random() % 4; i > 0; --i)
            list.push_back(rule(rules[random() % rules.size()]));
        return AddressSet(std::move(list));
    };
    int needs = 0;
    for (int i = 0; i < 20'000; ++i) {
        Policy policy;
        policy.only_from = random_list();
        policy.no_access = random_list();
        policy.access_match = random() % 2 == 0 ? deny_first : closest;
        const Peer peer = native("10.0.0.1");
        const Reason nameless = decide_address(policy, peer, {}).reason;
        const bool differs = std::any_of(names.begin(), names.end(), [&](const auto& host_name) {
            return decide_address(policy, peer, host_name).reason != nameless;
        });
        REQUIRE(needs_host_name(policy, peer) == differs);
        needs += differs ? 1 : 0;
    }
    CHECK(needs > 1000);
    CHECK(needs < 19'000);
}

} // namespace usherd::access
