// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/address_set.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::access {

namespace {

int bits_of(const AddressSet& set, const Peer& peer, std::string_view host_name = {})
{
    return set.longest_match(peer, host_name).bits;
}

/// The same rules behind enough others that a search table is built.
AddressSet in_a_long_list(std::initializer_list<std::string_view> texts)
{
    std::vector<AddressRule> rules;
    for (const auto text : texts)
        rules.push_back(rule(text));
    for (unsigned i = 0; i < 20; ++i)
        rules.emplace_back(
            make_prefix(IpAddress::from_ipv4({203, 0, 113, static_cast<std::uint8_t>(i)})));
    return AddressSet(std::move(rules));
}

} // namespace

TEST_CASE("a set without rules matches nobody")
{
    CHECK(bits_of(AddressSet{}, native("127.0.0.1")) == no_match);
    CHECK(bits_of(AddressSet(std::vector<AddressRule>{}), native("::1"), "localhost") == no_match);
    CHECK(AddressSet{}.empty());
    CHECK_FALSE(AddressSet{}.has_host_patterns());
    CHECK_FALSE(AddressSet{}.longest_match(native("::1"), {}));
}

TEST_CASE("a prefix holds its first and its last address and not their neighbours")
{
    for (const auto& set : {set_of({"127.0.0.128/25"}), in_a_long_list({"127.0.0.128/25"})}) {
        CHECK(bits_of(set, native("127.0.0.127")) == no_match);
        CHECK(bits_of(set, native("127.0.0.128")) == 96 + 25);
        CHECK(bits_of(set, native("127.0.0.255")) == 96 + 25);
        CHECK(bits_of(set, native("127.0.1.0")) == no_match);
    }
    for (const auto& set : {set_of({"2001:db8::/33"}), in_a_long_list({"2001:db8::/33"})}) {
        CHECK(bits_of(set, native("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")) == no_match);
        CHECK(bits_of(set, native("2001:db8::")) == 33);
        CHECK(bits_of(set, native("2001:db8:7fff:ffff:ffff:ffff:ffff:ffff")) == 33);
        CHECK(bits_of(set, native("2001:db8:8000::")) == no_match);
    }
}

TEST_CASE("the factorised 127.0.{3,4} matches what its two networks hold")
{
    const AddressSet set = set_of({"127.0.3.0/24", "127.0.4.0/24"});
    CHECK(set.longest_match(native("127.0.3.9"), {}) == Match{96 + 24, 0});
    CHECK(set.longest_match(native("127.0.4.255"), {}) == Match{96 + 24, 1});
    CHECK_FALSE(set.longest_match(native("127.0.5.1"), {}));
    CHECK_FALSE(set.longest_match(native("127.0.2.255"), {}));
}

TEST_CASE("an IPv4 entry matches IPv4 clients, mapped or not, and no others")
{
    for (const auto& set : {set_of({"127.0.0.1"}), in_a_long_list({"127.0.0.1"})}) {
        CHECK(bits_of(set, native("127.0.0.1")) == 128);
        CHECK(bits_of(set, mapped("127.0.0.1")) == 128);
        CHECK(bits_of(set, native("::1")) == no_match);
    }
    for (const auto& everybody : {set_of({"0.0.0.0/0"}), in_a_long_list({"0.0.0.0/0"})}) {
        CHECK(bits_of(everybody, native("0.0.0.0")) == 96);
        CHECK(bits_of(everybody, native("255.255.255.255")) == 96);
        CHECK(bits_of(everybody, mapped("192.0.2.7")) == 96);
        CHECK(bits_of(everybody, native("2001:db8::1")) == no_match);
        CHECK(bits_of(everybody, native("::")) == no_match);
    }
}

TEST_CASE("an IPv6 entry matches clients of IPv6 sockets, mapped ones in their mapped form")
{
    for (const auto& set :
         {set_of({"::ffff:10.0.0.0/104"}), in_a_long_list({"::ffff:10.0.0.0/104"})}) {
        CHECK(bits_of(set, mapped("10.255.255.255")) == 104);
        CHECK(bits_of(set, mapped("11.0.0.0")) == no_match);
        CHECK(bits_of(set, native("10.1.2.3")) == no_match);
    }
    for (const auto& set : {set_of({"::/0"}), in_a_long_list({"::/0"})}) {
        CHECK(bits_of(set, native("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")) == 0);
        CHECK(bits_of(set, native("::")) == 0);
        CHECK(bits_of(set, mapped("192.0.2.7")) == 0);
        CHECK(bits_of(set, native("192.0.2.7")) == no_match);
    }
}

TEST_CASE("the longest of the prefixes around an address is reported")
{
    const auto expect = [](const AddressSet& set) {
        CHECK(set.longest_match(native("10.1.2.3"), {}) == Match{128, 3});
        CHECK(set.longest_match(native("10.1.2.4"), {}) == Match{96 + 24, 2});
        CHECK(set.longest_match(native("10.1.3.0"), {}) == Match{96 + 8, 1});
        CHECK(set.longest_match(native("11.0.0.0"), {}) == Match{96, 0});
        CHECK(set.longest_match(native("9.255.255.255"), {}) == Match{96, 0});
    };
    expect(set_of({"0.0.0.0/0", "10.0.0.0/8", "10.1.2.0/24", "10.1.2.3"}));
    expect(in_a_long_list({"0.0.0.0/0", "10.0.0.0/8", "10.1.2.0/24", "10.1.2.3"}));
}

TEST_CASE("prefixes that end together fall back to the one around them")
{
    const AddressSet set =
        in_a_long_list({"10.0.0.0/8", "10.255.0.0/16", "10.255.255.0/24", "10.255.255.255",
                        "255.255.255.255", "::/0", "ffff::/16"});
    CHECK(set.longest_match(native("10.255.255.255"), {}) == Match{128, 3});
    CHECK(set.longest_match(native("10.255.255.254"), {}) == Match{96 + 24, 2});
    CHECK_FALSE(set.longest_match(native("11.0.0.0"), {}));
    CHECK(set.longest_match(native("255.255.255.255"), {}) == Match{128, 4});
    CHECK_FALSE(set.longest_match(native("255.255.255.254"), {}));
    CHECK(set.longest_match(native("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), {}) == Match{16, 6});
    CHECK(set.longest_match(native("fffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), {}) == Match{0, 5});
}

TEST_CASE("a mapped client is matched by the longer of its IPv4 and IPv6 entries")
{
    const auto expect = [](const AddressSet& set) {
        CHECK(set.longest_match(mapped("10.1.2.3"), {}) == Match{96 + 16, 1});
        CHECK(set.longest_match(mapped("10.2.0.0"), {}) == Match{96 + 8, 0});
        CHECK(set.longest_match(mapped("11.2.0.0"), {}) == Match{0, 2});
        CHECK(set.longest_match(native("10.1.2.3"), {}) == Match{96 + 8, 0});
    };
    expect(set_of({"10.0.0.0/8", "::ffff:10.1.0.0/112", "::/0"}));
    expect(in_a_long_list({"10.0.0.0/8", "::ffff:10.1.0.0/112", "::/0"}));
}

TEST_CASE("among equal rules the first in the list is reported")
{
    CHECK(set_of({"192.0.2.0/24", "192.0.2.0/24"}).longest_match(native("192.0.2.1"), {}).rule ==
          0);
    const AddressSet repeated = in_a_long_list({"10.0.0.0/8", "192.0.2.0/24", "192.0.2.0/24"});
    CHECK(repeated.longest_match(native("192.0.2.1"), {}).rule == 1);
    CHECK(set_of({"192.0.2.1", "host.example.com"})
              .longest_match(native("192.0.2.1"), "host.example.com")
              .rule == 0);
    CHECK(set_of({"host.example.com", "192.0.2.1"})
              .longest_match(native("192.0.2.1"), "host.example.com")
              .rule == 0);
    CHECK(
        set_of({".com", ".example.com"}).longest_match(native("192.0.2.1"), "a.example.com").rule ==
        0);
}

TEST_CASE("a host name matches the whole name without regard to case")
{
    const AddressSet set = set_of({"Host.Example.COM"});
    CHECK(bits_of(set, native("192.0.2.1"), "host.example.com") == 128);
    CHECK(bits_of(set, native("2001:db8::1"), "HOST.EXAMPLE.com") == 128);
    CHECK(bits_of(set, mapped("192.0.2.1"), "host.example.com") == 128);
    CHECK(bits_of(set, native("192.0.2.1"), "host.example.co") == no_match);
    CHECK(bits_of(set, native("192.0.2.1"), "host.example.com.") == no_match);
    CHECK(bits_of(set, native("192.0.2.1"), "a.host.example.com") == no_match);
    CHECK(bits_of(set_of({"five"}), native("192.0.2.1"), "five.example.test") == no_match);
}

TEST_CASE("a domain matches the names below it and not itself")
{
    const AddressSet set = set_of({".example.test"});
    CHECK(bits_of(set, native("192.0.2.1"), "five.example.test") == domain_match);
    CHECK(bits_of(set, native("192.0.2.1"), "A.SUB.EXAMPLE.TEST") == domain_match);
    CHECK(bits_of(set, native("192.0.2.1"), "notexample.test") == no_match);
    CHECK(bits_of(set, native("192.0.2.1"), "example.test") == no_match);
    CHECK(bits_of(set, native("192.0.2.1"), ".example.test") == no_match);
    CHECK(bits_of(set, native("192.0.2.1"), "five.example.test.evil.test") == no_match);
    CHECK(bits_of(set, native("192.0.2.1"), "test") == no_match);
}

TEST_CASE("host patterns do not match a client without a name")
{
    const AddressSet set = set_of({"host.example.com", ".example.com", "", "."});
    CHECK(bits_of(set, native("192.0.2.1"), "") == no_match);
}

TEST_CASE("letters beyond ASCII are compared as they are")
{
    CHECK(bits_of(set_of({"h\xc3\xb6st"}), native("192.0.2.1"), "H\xc3\xb6ST") == 128);
    CHECK(bits_of(set_of({"h\xc3\xb6st"}), native("192.0.2.1"), "h\xc3\x96st") == no_match);
    CHECK(bits_of(set_of({"a@b"}), native("192.0.2.1"), "a`b") == no_match);
    CHECK(bits_of(set_of({"a[b"}), native("192.0.2.1"), "a{b") == no_match);
}

TEST_CASE("any prefix is a longer match than a domain")
{
    const AddressSet set = set_of({".example.com", "::/0", "0.0.0.0/0"});
    CHECK(bits_of(set, native("2001:db8::1"), "a.example.com") == 0);
    CHECK(bits_of(set, native("192.0.2.1"), "a.example.com") == 96);
    static_assert(no_match < any_peer && any_peer < domain_match && domain_match < 0);
}

TEST_CASE("a prefix is stored without its host bits and with a length its family has")
{
    const Prefix prefix = make_prefix(Family::ipv4, ip("10.1.2.3").bytes(), 24);
    CHECK(prefix.bytes == ip("10.1.2.0").bytes());
    CHECK(make_prefix(Family::ipv4, ip("10.1.2.3").bytes(), 33).length == 32);
    CHECK(make_prefix(Family::ipv4, ip("10.1.2.3").bytes(), 0).bytes == ip("0.0.0.0").bytes());
    CHECK(make_prefix(Family::ipv6, ip("2001:db8::1").bytes(), 32).bytes ==
          ip("2001:db8::").bytes());
    CHECK(make_prefix(Family::ipv6, ip("2001:db8::1").bytes(), 1000).length == 128);
    CHECK(make_prefix(ip("10.1.2.3")) == make_prefix(Family::ipv4, ip("10.1.2.3").bytes(), 32));
    CHECK(make_prefix(ip("::1")) == make_prefix(Family::ipv6, ip("::1").bytes(), 128));
    CHECK(make_prefix(Family::ipv6, ip("10.0.0.0").bytes(), 104).family == Family::ipv6);
}

TEST_CASE("rules are the same if they match the same peers by the same means")
{
    CHECK(same_rule(rule("10.0.0.0/8"), rule("10.1.2.3/8")));
    CHECK_FALSE(same_rule(rule("10.0.0.0/8"), rule("10.0.0.0/9")));
    CHECK_FALSE(same_rule(rule("10.0.0.0/8"), rule("::ffff:10.0.0.0/104")));
    CHECK(same_rule(rule("Host.example"), rule("host.EXAMPLE")));
    CHECK_FALSE(same_rule(rule("host.example"), rule(".host.example")));
    CHECK_FALSE(same_rule(rule("10.0.0.0/8"), rule("host.example")));
}

TEST_CASE("sets are equal if they hold the same rules in the same order")
{
    CHECK(set_of({"10.0.0.0/8", "a.example"}) == set_of({"10.0.0.0/8", "a.example"}));
    CHECK_FALSE(set_of({"10.0.0.0/8", "a.example"}) == set_of({"a.example", "10.0.0.0/8"}));
    CHECK_FALSE(set_of({"a.example"}) == set_of({"A.example"}));
    CHECK(AddressSet{} == AddressSet(std::vector<AddressRule>{}));
    CHECK_FALSE(AddressSet{} == set_of({"::1"}));
    const AddressSet set = set_of({"::1"});
    const AddressSet copy = set; // NOLINT(performance-unnecessary-copy-initialization): the test
    CHECK(copy == set);
    CHECK(copy.rules().data() == set.rules().data()); // shared, not copied
}

TEST_CASE("a set knows its rules and which of them are host patterns")
{
    const AddressSet set = set_of({"10.0.0.0/8", "a.example", "::1", ".example"});
    REQUIRE(set.rules().size() == 4);
    CHECK(set.rules()[1] == rule("a.example"));
    CHECK(set.has_host_patterns());
    const auto positions = set.host_pattern_positions();
    CHECK(std::vector<std::uint32_t>(positions.begin(), positions.end()) ==
          std::vector<std::uint32_t>{1, 3});
    CHECK_FALSE(set_of({"10.0.0.0/8"}).has_host_patterns());
    CHECK_FALSE(in_a_long_list({"10.0.0.0/8"}).has_host_patterns());
}

} // namespace usherd::access
