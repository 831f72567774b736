// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wrappers.h"
#include "tests/support/catch.h"

using usherd::daemon::has_rules;
using usherd::daemon::is_wrapped;

TEST_CASE("a hosts_access file of comments and blank lines has no rules")
{
    CHECK_FALSE(has_rules(""));
    CHECK_FALSE(has_rules("# ALL: ALL\n\n   \t\n  # more\n"));
    CHECK_FALSE(has_rules("# no newline at the end"));
}

TEST_CASE("one line is a rule, wherever it stands")
{
    CHECK(has_rules("ALL: ALL"));
    CHECK(has_rules("# comment\n\n in.ftpd: 192.0.2.0/255.255.255.0\n"));
}

TEST_CASE("NOLIBWRAP takes a service out of tcp_wrappers")
{
    usherd::config::ServiceSpec spec;
    CHECK(is_wrapped(spec));
    spec.flags.add(usherd::config::ServiceFlag::nolibwrap);
    CHECK_FALSE(is_wrapped(spec));
}
