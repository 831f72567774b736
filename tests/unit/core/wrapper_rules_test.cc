// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/wrapper_rules.h"
#include "tests/support/catch.h"

using usherd::core::wrapper_need;
using usherd::core::WrapperNeed;

TEST_CASE("a file of tcp_wrappers that has no rule needs nothing")
{
    const char* text = GENERATE("", "\n", "# ALL: ALL\n", "  \t \n\r\n", "# a\n\n# b");
    CHECK(wrapper_need(text) == WrapperNeed::nothing);
}

TEST_CASE("rules by address alone need the address")
{
    const char* text =
        GENERATE("ALL: ALL\n", "ALL: ALL", "all : all", "in.ftpd, sshd: 192.0.2.7\n",
                 "sshd: 192.0.2. 198.51.100.0/255.255.255.0, 10.0.0.0/8\n",
                 "ALL EXCEPT sshd: ALL EXCEPT 10.\n", "sshd: [2001:db8::]/32 [::1]\n",
                 "sshd: \\\n  192.0.2.7\n", "sshd: 192.0.2.7 \\", "sshd\n", "# c\nsshd: 10.\n");
    CAPTURE(text);
    CHECK(wrapper_need(text) == WrapperNeed::address);
}

TEST_CASE("rules that name, run or set anything need a process")
{
    const char* text = GENERATE(
        "sshd: host.example.org\n", "sshd: .example.org", "sshd: LOCAL\n", "sshd: PARANOID\n",
        "sshd: UNKNOWN", "sshd: KNOWN", "sshd: @trusted\n", "sshd: joe@192.0.2.7\n",
        "sshd: /etc/hosts.sshd\n", "sshd: 192.0.2.*\n", "sshd@192.0.2.1: ALL\n",
        "sshd: ALL: spawn /bin/true\n", "sshd: ALL: deny\n", "sshd: ALL \\\n: twist /bin/echo no\n",
        "sshd: ALL:\n", "sshd: [2001:db8::/32\n", "sshd: [host]\n", "sshd: [::1]x\n",
        "sshd: 10. fe\n", "a\\: ALL : ALL : deny\n", "ALL: ALL\nsshd: .example.org\n");
    CAPTURE(text);
    CHECK(wrapper_need(text) == WrapperNeed::process);
}

TEST_CASE("what follows a comment that seems to go on is looked at")
{
    CHECK(wrapper_need("# no \\\nsshd: .example.org\n") == WrapperNeed::process);
}

TEST_CASE("a NUL among the rules of tcp_wrappers is not taken for harmless")
{
    using namespace std::string_view_literals;
    CHECK(wrapper_need("ALL: \0 ALL\n"sv) == WrapperNeed::process);
}
