// SPDX-License-Identifier: BSD-2-Clause
//
// The linter's rules: each has a case that fires and one that does not.

#include "tests/unit/config-parser/lint_bench.h"

namespace usherd::config {
namespace {

using test::LintBench;
using test::service;

TEST_CASE("a plain service gives the linter nothing to say")
{
    CHECK(LintBench().told(service("only_from = 192.0.2.0/24 .example.com\n"
                                   "no_access = 192.0.2.66\nserver_args = -u")) == "");
}

TEST_CASE("rules are numbered from UL001 on and each has a sentence and a remedy")
{
    int number = 0;
    for (const LintRule& rule : lint_rules()) {
        CHECK(rule.id == fmt::format("UL{:03}", ++number));
        CHECK(rule.summary.ends_with('.'));
        CHECK(rule.remedy.ends_with('.'));
        CHECK(static_cast<int>(rule.lint) == number - 1);
    }
}

TEST_CASE("UL001: an entry that stands twice in a list is told, with the place of the first")
{
    CHECK(LintBench().told(service("only_from = 192.0.2.1 192.0.2.2 192.0.2.1")) ==
          "UL001 9:33 service 'svc': 192.0.2.1/32 stands in only_from twice, first at "
          "/etc/usherd.conf:9");
    CHECK(LintBench().told(service("only_from = .example.com\nonly_from += .EXAMPLE.com")) ==
          "UL001 10:14 service 'svc': .EXAMPLE.com stands in only_from twice, first at "
          "/etc/usherd.conf:9");
    CHECK(LintBench().told(service("only_from = 192.0.2.1 192.0.2.2\nno_access = 10.0.0.1")) == "");
}

TEST_CASE("UL001: a list of `defaults` is judged once and not for each service")
{
    CHECK(LintBench().told("defaults\n{\nonly_from = 192.0.2.1 192.0.2.1\n}\n" +
                           service("", "/bin/cat", "a", 1) + service("", "/bin/cat", "b", 2)) ==
          "UL001 3:23 defaults: 192.0.2.1/32 stands in only_from twice, first at "
          "/etc/usherd.conf:3");
}

TEST_CASE("UL002: an entry inside another one of the same list is told")
{
    CHECK(LintBench().told(service("only_from = 10.1.2.3 2001:db8::/32 10.0.0.0/8")) ==
          "UL002 9:13 service 'svc': 10.1.2.3/32 in only_from lies inside 10.0.0.0/8 at "
          "/etc/usherd.conf:9");
    CHECK(LintBench().told(service("only_from = 10.1.0.0/16 10.2.0.0/16 2001:db8::/32")) == "");
}

TEST_CASE("UL002: where the closest match decides a narrower entry may be meant")
{
    CHECK(LintBench().told(service("access_match = closest\nonly_from = 10.0.0.0/8 10.1.2.3\n"
                                   "no_access = 10.1.0.0/16")) == "");
    CHECK(LintBench()
              .told(service("access_match = closest\nonly_from = 10.0.0.0/8 10.1.2.3"))
              .starts_with("UL002 10:24 "));
}

TEST_CASE("UL003: what only_from names and no_access refuses all the same is told")
{
    CHECK(LintBench().told(service("only_from = 192.0.2.7\nno_access = 192.0.2.0/24")) ==
          "UL003 9:13 service 'svc': 192.0.2.7/32 is in only_from, but no_access has 192.0.2.0/24 "
          "at /etc/usherd.conf:10");
    CHECK(LintBench()
              .told("defaults\n{\nno_access = 192.0.2.7\n}\n" + service("only_from = 192.0.2.7"))
              .starts_with("UL003 13:13 "));
    CHECK(LintBench().told(service("only_from = 192.0.2.0/24\nno_access = 192.0.2.7")) == "");
    CHECK(LintBench().told(service("access_match = closest\nonly_from = 192.0.2.7\n"
                                   "no_access = 192.0.2.0/24")) == "");
}

TEST_CASE("UL004: a server that its user may not execute is told")
{
    LintBench bench;
    bench.statuses["/bin/cat"].mode = 0750;
    CHECK(bench.told(service("")) ==
          "UL004 8:1 service 'svc': user nobody may not execute /bin/cat (mode 0750, user 0, "
          "group 0)");
    bench.statuses["/bin/cat"].gid = 65534; // nobody's
    CHECK(LintBench().told(service("")) == "");
}

TEST_CASE("UL004: a directory on the way that the user may not enter is as bad")
{
    LintBench bench;
    bench.statuses["/bin"].mode = 0700;
    CHECK(bench.told(service("")) ==
          "UL004 8:1 service 'svc': user nobody may not enter /bin (mode 0700), where /bin/cat is");
    LintBench root;
    root.statuses["/bin"].mode = 0700;
    std::string text = service("");
    text.replace(text.find("nobody"), 6, "root");
    CHECK(root.told(text) == "");
}

TEST_CASE("UL005: a configuration file that others can change is told, and its directory")
{
    LintBench bench;
    bench.statuses["/etc/usherd.conf"].mode = 0666;
    CHECK(bench.told(service("")) == "UL005 0:0 this file decides what runs as root: everybody can "
                                     "write to it (mode 0666)");
    bench.statuses["/etc/usherd.conf"].mode = 0664; // of group root
    bench.statuses["/etc"] = {0775, 0, 50, true, 0};
    CHECK(bench.told(service("")) ==
          "UL005 0:0 the directory /etc decides what runs as root: group "
          "50 can write to it (mode 0775)");
    bench.statuses["/etc"] = {01777, 0, 0, true, 0};
    CHECK(bench.told(service("")) == "");
}

TEST_CASE("UL005: a file may belong to the one who asks")
{
    LintBench bench;
    bench.statuses["/etc/usherd.conf"].uid = 1000;
    CHECK(bench.told(service("")) == "UL005 0:0 this file decides what runs as root: it belongs to "
                                     "user 1000");
    bench.options.uid = 1000;
    CHECK(bench.told(service("")) == "");
}

TEST_CASE("UL006: a server that others can replace is told")
{
    LintBench bench;
    bench.statuses["/bin/cat"].mode = 0757;
    CHECK(bench.told(service("")) ==
          "UL006 8:1 service 'svc': /bin/cat: everybody can write to it (mode 0757)");
    bench.statuses["/bin/cat"] = {0755, 65534, 0, false, 1}; // its own user's
    CHECK(bench.told(service("")) == "");
    bench.statuses["/bin"] = {0775, 0, 50, true, 0};
    CHECK(bench.told(service("")) ==
          "UL006 8:1 service 'svc': /bin: group 50 can write to it (mode 0775)");
}

TEST_CASE("UL007: argv[0] said again in server_args is told")
{
    CHECK(LintBench().told(service("server_args = cat -u")) ==
          "UL007 9:1 service 'svc': the program gets its name twice: cat cat");
    CHECK(LintBench().told(service("server_args = /bin/cat")).starts_with("UL007 "));
    CHECK(LintBench().told(service("flags = NAMEINARGS\nserver_args = cat -u")) == "");
}

TEST_CASE("UL008: an option in the place of argv[0] is told")
{
    CHECK(LintBench().told(service("flags = NAMEINARGS\nserver_args = -u")) ==
          "UL008 10:1 service 'svc': with NAMEINARGS the first word, '-u', is the program's name "
          "and no option");
    CHECK(LintBench().told(service("flags = NAMEINARGS\nserver_args = -cat")) ==
          ""); // a login shell
}

TEST_CASE("UL008: tcpd without NAMEINARGS is told")
{
    CHECK(LintBench().told(service("server_args = /bin/cat", "/usr/sbin/tcpd")) ==
          "UL008 8:1 service 'svc': tcpd learns from argv[0] what to start: without NAMEINARGS "
          "that is tcpd");
    CHECK(LintBench().told(
              service("flags = NAMEINARGS\nserver_args = /bin/cat", "/usr/sbin/tcpd")) == "");
}

TEST_CASE("UL009: each drop-in that is not read because of its name is told")
{
    LintBench bench;
    bench.files.add("/etc/d/ftp", "");
    CHECK(bench.told("includedir /etc/d\n") == "");
    bench.files.add("/etc/d/ftp.rpmsave", "");
    const auto found = bench.findings("includedir /etc/d\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].rule->id == "UL009");
    CHECK(found[0].diagnostic.path == "/etc/d/ftp.rpmsave");
}

} // namespace
} // namespace usherd::config
