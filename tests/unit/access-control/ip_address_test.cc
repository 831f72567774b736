// SPDX-License-Identifier: BSD-2-Clause
#include <unordered_set>

#include "access-control/ip_address.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::access {

TEST_CASE("an address prints as it was written in its canonical form")
{
    for (const auto* text :
         {"0.0.0.0", "127.0.0.1", "255.255.255.255", "9.10.99.100", "::", "::1", "2001:db8::7",
          "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "fe80::1", "ff02::fb"})
        CHECK(to_string(ip(text)) == text);
    CHECK(to_string(ip("2001:DB8:0:0:0:0:0:7")) == "2001:db8::7");
    CHECK(to_string(ip("2001:db8:0:0:1:0:0:1")) == "2001:db8::1:0:0:1");
}

TEST_CASE("only strict addresses parse")
{
    for (const auto* text : {"", "10", "10.1", "10.1.2", "256.1.1.1", "01.2.3.4", "0x7f.0.0.1",
                             " 1.2.3.4", "1.2.3.4 ", "1.2.3.4/8", "[::1]", "::1%lo", "fe80::1%eth0",
                             ":::", "1:2", "localhost", "1:2:3:4:5:6:7:8:9"})
        CHECK_FALSE(IpAddress::parse(text));
    CHECK_FALSE(IpAddress::parse(std::string(200, '1')));
    CHECK_FALSE(IpAddress::parse(std::string_view("::1\0junk", 8)));
}

TEST_CASE("the longest text of an address parses")
{
    const auto address = IpAddress::parse("2001:0db8:1111:2222:3333:4444:255.255.255.255");
    REQUIRE(address);
    CHECK(to_string(*address) == "2001:db8:1111:2222:3333:4444:ffff:ffff");
}

TEST_CASE("an IPv4-mapped address is the IPv4 address")
{
    const IpAddress unwrapped = ip("::ffff:192.0.2.7");
    CHECK(unwrapped.family() == Family::ipv4);
    CHECK(unwrapped == ip("192.0.2.7"));
    CHECK(unwrapped.ipv4_bytes() == IpAddress::Bytes4{192, 0, 2, 7});
    CHECK(ip("::fffe:c000:207").family() == Family::ipv6);
    CHECK(ip("::1:ffff:192.0.2.7").family() == Family::ipv6);
    CHECK(IpAddress::from_ipv4({192, 0, 2, 7}) == unwrapped);
    CHECK(IpAddress{} == ip("0.0.0.0"));
}

TEST_CASE("loopback, multicast and unspecified addresses are told apart at their borders")
{
    CHECK(ip("127.0.0.0").is_loopback());
    CHECK(ip("127.255.255.255").is_loopback());
    CHECK_FALSE(ip("126.255.255.255").is_loopback());
    CHECK_FALSE(ip("128.0.0.0").is_loopback());
    CHECK(ip("::1").is_loopback());
    CHECK_FALSE(ip("::2").is_loopback());
    CHECK_FALSE(ip("::").is_loopback());

    CHECK_FALSE(ip("223.255.255.255").is_multicast());
    CHECK(ip("224.0.0.0").is_multicast());
    CHECK(ip("239.255.255.255").is_multicast());
    CHECK_FALSE(ip("240.0.0.0").is_multicast());
    CHECK(ip("ff00::").is_multicast());
    CHECK_FALSE(ip("feff::").is_multicast());

    CHECK(ip("0.0.0.0").is_unspecified());
    CHECK(ip("::").is_unspecified());
    CHECK_FALSE(ip("0.0.0.1").is_unspecified());
    CHECK_FALSE(ip("::1").is_unspecified());
}

TEST_CASE("masking keeps the first bits and clears the others")
{
    const IpAddress ipv4 = ip("255.255.255.255");
    CHECK(ipv4.masked(0) == ip("0.0.0.0"));
    CHECK(ipv4.masked(1) == ip("128.0.0.0"));
    CHECK(ipv4.masked(23) == ip("255.255.254.0"));
    CHECK(ipv4.masked(24) == ip("255.255.255.0"));
    CHECK(ipv4.masked(25) == ip("255.255.255.128"));
    CHECK(ipv4.masked(32) == ipv4);
    CHECK(ipv4.masked(200) == ipv4);

    const IpAddress ipv6 = ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    CHECK(ipv6.masked(0) == ip("::"));
    CHECK(ipv6.masked(63) == ip("ffff:ffff:ffff:fffe::"));
    CHECK(ipv6.masked(64) == ip("ffff:ffff:ffff:ffff::"));
    CHECK(ipv6.masked(65) == ip("ffff:ffff:ffff:ffff:8000::"));
    CHECK(ipv6.masked(128) == ipv6);
    CHECK(ipv6.masked(129) == ipv6);
}

TEST_CASE("the log shows an IPv4 client of a dual-stack socket in the mapped form")
{
    CHECK(log_text(native("192.0.2.7")) == "192.0.2.7");
    CHECK(log_text(mapped("192.0.2.7")) == "::ffff:192.0.2.7");
    CHECK(log_text(native("2001:db8::1")) == "2001:db8::1");
    CHECK(log_text(mapped("2001:db8::1")) == "2001:db8::1");
}

TEST_CASE("neighbouring addresses do not share hashes or buckets")
{
    constexpr std::size_t count = 65536;
    std::unordered_set<std::size_t> ipv4_hashes;
    std::unordered_set<std::size_t> ipv6_hashes;
    std::vector<int> buckets(256);
    for (std::size_t i = 0; i < count; ++i) {
        const auto high = static_cast<std::uint8_t>(i >> 8);
        const auto low = static_cast<std::uint8_t>(i);
        const std::hash<IpAddress> hash;
        ipv4_hashes.insert(hash(IpAddress::from_ipv4({10, high, low, 1})));
        const std::size_t subnet = hash(
            IpAddress::from_ipv6({0x20, 1, 0xd, 0xb8, 0, high, low, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
        ipv6_hashes.insert(subnet);
        ++buckets[subnet % buckets.size()];
    }
    CHECK(ipv4_hashes.size() > count - 16); // a chance collision on 32-bit machines
    CHECK(ipv6_hashes.size() > count - 16);
    for (const int filled : buckets) {
        CHECK(filled > 128); // 256 on average
        CHECK(filled < 512);
    }
}

} // namespace usherd::access
