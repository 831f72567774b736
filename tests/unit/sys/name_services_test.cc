// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/name_services.h"
#include "tests/support/catch.h"

namespace usherd::sys {

TEST_CASE("the DNS is asked where the line for hosts names it")
{
    CHECK(asks_dns("passwd: files\nhosts: files dns\n"));
    CHECK(asks_dns("hosts:files mdns4_minimal [NOTFOUND=return] dns myhostname"));
    CHECK(asks_dns("  hosts:\tmymachines resolve [!UNAVAIL=return] files\n"));
}

TEST_CASE("the DNS is not asked where the line for hosts does not name it")
{
    CHECK_FALSE(asks_dns("hosts: files\n"));
    CHECK_FALSE(asks_dns("hosts: files # dns\n"));
    CHECK_FALSE(asks_dns("hosts: files [dns]\r\n"));
    CHECK_FALSE(asks_dns("hosts:\n"));
}

TEST_CASE("the DNS is asked where nothing is said about hosts")
{
    CHECK(asks_dns(""));
    CHECK(asks_dns("passwd: files\n# hosts: files\nhostsx: files\n"));
}

} // namespace usherd::sys
