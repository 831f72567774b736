// SPDX-License-Identifier: BSD-2-Clause
#include <string>

#include "daemon/sys/stored_address.h"
#include "tests/support/catch.h"

namespace usherd::sys {

namespace {

bool comes_back(const SocketAddress& address)
{
    const SocketAddress again = StoredAddress(address).get();
    return again.length == address.length && same_address(again, address);
}

} // namespace

TEST_CASE("a stored address is the one it was made from, of whatever family")
{
    CHECK(comes_back(ipv4_address({192, 0, 2, 7}, 80)));
    CHECK(comes_back(ipv6_address({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 443)));
    CHECK(comes_back(*unix_address("/run/a", false)));
    CHECK(comes_back(*unix_address("/run/" + std::string(100, 'x'), false)));
    CHECK(comes_back(*unix_address("usherd", true)));
    CHECK(comes_back(SocketAddress{}));
}

TEST_CASE(
    "a stored address takes the room of an Internet address, not that of the longest there is")
{
    STATIC_REQUIRE(sizeof(StoredAddress) <= 40);
}

} // namespace usherd::sys
