// SPDX-License-Identifier: BSD-2-Clause
//
// Bad values, attribute by attribute: severity, effect, place and text of the diagnostic.

#include <array>

#include "tests/unit/config-parser/draft_bench.h"

using usherd::config::RawSection;
using usherd::test::DraftBench;

namespace {

struct BadLine {
    const char* line;
    const char* told;
};

void check_all(std::span<const BadLine> lines)
{
    for (const BadLine& bad : lines) {
        INFO(bad.line);
        DraftBench bench;
        CHECK_FALSE(bench.set(bad.line));
        CHECK(bench.told() == bad.told);
    }
}

} // namespace

TEST_CASE("bad values of attributes that say what a service is are reported")
{
    constexpr std::array lines{
        BadLine{"type = INTERNL",
                "2:8 warning service: type: expected RPC, INTERNAL, UNLISTED, SPECIAL, TCPMUX or "
                "TCPMUXPLUS, found 'INTERNL'; did you mean 'INTERNAL'?"},
        BadLine{"flags = REUSE nodely",
                "2:15 warning service: flags: expected REUSE, INTERCEPT, NORETRY, IDONLY, "
                "NAMEINARGS, NODELAY, KEEPALIVE, NOLIBWRAP, SENSOR, IPv4, IPv6 or LABELED, found "
                "'nodely'; did you mean 'NODELAY'?"},
        BadLine{"disable = maybe",
                "2:11 error service: disable: expected yes or no, found 'maybe'"},
        BadLine{"socket_type = streem",
                "2:15 error service: socket_type: expected stream, dgram, raw or seqpacket, found "
                "'streem'; did you mean 'stream'?"},
        BadLine{"protocol = tpc", "2:12 error service: protocol: 'tpc' is not in the protocols "
                                  "database; did you mean 'tcp'?"},
        BadLine{"protocol = 6",
                "2:12 error service: protocol: '6' is not in the protocols database"},
        BadLine{"wait = true", "2:8 error service: wait: expected yes or no, found 'true'"},
        BadLine{"rpc_version = 3-1", "2:15 error service: rpc_version: expected a version N or a "
                                     "range N-M, found '3-1'"},
        BadLine{"rpc_version = 1-2-3", "2:15 error service: rpc_version: expected a version N or "
                                       "a range N-M, found '1-2-3'"},
        BadLine{"rpc_number = x", "2:14 error service: rpc_number: expected an RPC program number "
                                  "from 0 to 4294967295, found 'x'"},
    };
    check_all(lines);
}

TEST_CASE("bad values of attributes of the server process are reported")
{
    constexpr std::array lines{
        BadLine{"user = nosuch", "2:8 error service: user: there is no user 'nosuch'"},
        BadLine{"user = games.tty", "2:8 error service: user: there is no user 'games.tty'; write "
                                    "'user = games' and 'group = tty'"},
        BadLine{"user = -1", "2:8 error service: user: there is no user '-1'"},
        BadLine{"user = 4294967296", "2:8 error service: user: expected a user id from 0 to "
                                     "4294967294, found '4294967296'"},
        BadLine{"group = nosuch", "2:9 error service: group: there is no group 'nosuch'"},
        BadLine{"group = 4294967295", "2:9 error service: group: expected a group id from 0 to "
                                      "4294967294, found '4294967295'"},
        BadLine{"groups = 1", "2:10 error service: groups: expected yes or no, found '1'"},
        BadLine{"server = /nosuch", "2:10 error service: server: '/nosuch' is not executable: No "
                                    "such file or directory"},
        BadLine{"env = A=1 B", "2:11 error service: env: expected NAME=value, found 'B'"},
        BadLine{"env -= A=1", "2:1 warning service: env: variables cannot be removed with '-='"},
        BadLine{"nice = 3x", "2:8 error service: nice: expected an integer, found '3x'"},
        BadLine{"umask = 8", "2:9 error service: umask: expected an octal number from 0 to 777, "
                             "found '8'"},
        BadLine{"umask = 1000", "2:9 error service: umask: expected an octal number from 0 to 777, "
                                "found '1000'"},
        BadLine{"umask = -1", "2:9 error service: umask: expected an octal number from 0 to 777, "
                              "found '-1'"},
    };
    check_all(lines);
}

TEST_CASE("bad limits are reported")
{
    constexpr std::array lines{
        BadLine{"instances = many", "2:13 error service: instances: expected a number from 0 to "
                                    "2147483647 or UNLIMITED, found 'many'"},
        BadLine{"instances = UNLIMITD",
                "2:13 error service: instances: expected a number from 0 to 2147483647 or "
                "UNLIMITED, found 'UNLIMITD'; did you mean 'UNLIMITED'?"},
        BadLine{"instances = 2147483648",
                "2:13 error service: instances: expected a number from 0 to 2147483647 or "
                "UNLIMITED, found '2147483648'"},
        BadLine{"per_source = -1", "2:14 error service: per_source: expected a number from 0 to "
                                   "2147483647 or UNLIMITED, found '-1'"},
        BadLine{"cps = x 3", "2:7 error service: cps: expected connections per second from 0 to "
                             "4294967295, found 'x'"},
        BadLine{"cps = 3 z", "2:9 error service: cps: expected seconds to wait from 0 to "
                             "4294967295, found 'z'"},
        BadLine{"max_load = x", "2:12 error service: max_load: expected a load average, found 'x'"},
        BadLine{"max_load = 0.0",
                "2:12 error service: max_load: a load of 0 would refuse everybody"},
        BadLine{"rlimit_as = 1G", "2:13 error service: rlimit_as: expected a size such as 512, "
                                  "64K or 8M or UNLIMITED, found '1G'"},
        BadLine{"rlimit_cpu = 3k", "2:14 error service: rlimit_cpu: expected a number of seconds "
                                   "or UNLIMITED, found '3k'"},
        BadLine{"rlimit_data = x", "2:15 error service: rlimit_data: expected a size such as 512, "
                                   "64K or 8M or UNLIMITED, found 'x'"},
        BadLine{"rlimit_files = x", "2:16 error service: rlimit_files: expected a size such as "
                                    "512, 64K or 8M or UNLIMITED, found 'x'"},
        BadLine{"rlimit_rss = 10kk", "2:14 error service: rlimit_rss: expected a size such as "
                                     "512, 64K or 8M or UNLIMITED, found '10kk'"},
        BadLine{"rlimit_stack = k", "2:16 error service: rlimit_stack: expected a size such as "
                                    "512, 64K or 8M or UNLIMITED, found 'k'"},
    };
    check_all(lines);
}

TEST_CASE("bad values of access rules are reported")
{
    constexpr std::array lines{
        BadLine{"access_times = 8:00-9:00 1-2", "2:26 error service: access_times: expected an "
                                                "interval such as 8:00-17:30, found '1-2'"},
        BadLine{"access_times = 0:00-24:00", "2:16 error service: access_times: '0:00-24:00' has "
                                             "no time of day between 0:00 and 23:59 at its end"},
        BadLine{"access_times = 22:00-6:00",
                "2:16 error service: access_times: interval '22:00-6:00' does not end after it "
                "starts; across midnight, write '22:00-23:59 0:00-6:00'"},
        BadLine{"access_times = 23:59-23:59", "2:16 error service: access_times: interval "
                                              "'23:59-23:59' does not end after it starts"},
        BadLine{"deny_time = forevr", "2:13 error service: deny_time: expected minutes, FOREVER or "
                                      "NEVER, found 'forevr'; did you mean 'FOREVER'?"},
        BadLine{"deny_time = 5x", "2:13 error service: deny_time: expected minutes, FOREVER or "
                                  "NEVER, found '5x'"},
        BadLine{"only_from = 1.2.3.4,5.6.7.8",
                "2:13 error service: only_from: address '1.2.3.4,5.6.7.8' has a comma in it; "
                "addresses are separated by blanks"},
        BadLine{"no_access = nosuch.example.com",
                "2:13 error service: no_access: 'nosuch.example.com' is no address, and no host "
                "or network of that name is known"},
    };
    check_all(lines);
}

TEST_CASE("bad log settings are reported")
{
    constexpr std::array lines{
        BadLine{"log_type = SYSLOGD daemon", "2:12 error service: log_type: expected SYSLOG or "
                                             "FILE, found 'SYSLOGD'; did you mean 'SYSLOG'?"},
        BadLine{"log_type = SYSLOG", "2:12 error service: log_type: expected SYSLOG facility "
                                     "[level], found 1 words"},
        BadLine{"log_type = FILE", "2:12 error service: log_type: expected FILE path [soft "
                                   "[hard]], found 1 words"},
        BadLine{"log_type = SYSLOG kern",
                "2:19 error service: log_type: expected daemon, auth, authpriv, user, mail, lpr, "
                "news, uucp, ftp, local0, local1, local2, local3, local4, local5, local6 or "
                "local7, found 'kern'"},
        BadLine{"log_type = SYSLOG daemon warn",
                "2:26 error service: log_type: expected emerg, alert, crit, err, warning, notice, "
                "info or debug, found 'warn'"},
        BadLine{"log_type = FILE /x 1g", "2:20 error service: log_type: expected a soft limit such "
                                         "as 500000, 512K or 8M, found '1g'"},
        BadLine{"log_type = FILE /x 10 5x", "2:23 error service: log_type: expected a hard limit "
                                            "such as 500000, 512K or 8M, found '5x'"},
        BadLine{"log_type = FILE /x 10 5", "2:23 error service: log_type: the hard limit 5 is "
                                           "below the soft limit 10"},
        BadLine{"log_on_success = HOST ATTEMPT",
                "2:23 warning service: log_on_success: expected HOST, DURATION, EXIT, PID, USERID "
                "or TRAFFIC, found 'ATTEMPT'"},
        BadLine{"log_on_failure -= RECORD",
                "2:19 warning service: log_on_failure: expected HOST, ATTEMPT or USERID, found "
                "'RECORD'"},
    };
    check_all(lines);
}

TEST_CASE("bad addresses and ports are reported")
{
    constexpr std::array lines{
        BadLine{"port = 65536", "2:8 error service: port: expected a port number from 0 to 65535, "
                                "found '65536'"},
        BadLine{"port = http",
                "2:8 error service: port: expected a port number from 0 to 65535, found 'http'"},
        BadLine{"bind = eth0", "2:8 error service: bind: 'eth0' is no address and no host name "
                               "that resolves; write the address of the interface, not its name"},
        BadLine{"interface = 127.0.0.1.", "2:13 error service: interface: '127.0.0.1.' is no "
                                          "address and no host name that resolves"},
        BadLine{"v6only = maybe", "2:10 error service: v6only: expected yes or no, found 'maybe'"},
        BadLine{"redirect = 127.0.0.1 0", "2:22 error service: redirect: expected a port from 1 to "
                                          "65535 or the name of a TCP service, found '0'"},
        BadLine{"redirect = nosuch 22", "2:12 error service: redirect: 'nosuch' is no address and "
                                        "no host name with an IPv4 address"},
        BadLine{"redirect = six.example.com 22",
                "2:12 error service: redirect: 'six.example.com' is no address and no host name "
                "with an IPv4 address"},
    };
    check_all(lines);
}

TEST_CASE("bad values of the extensions are reported")
{
    constexpr std::array lines{
        BadLine{"listen = ::1", "2:10 error service: listen: expected ADDRESS:PORT, "
                                "[ADDRESS6]:PORT, PORT, unix:/path or unix:@name, found '::1'; an "
                                "IPv6 address stands in brackets: '[::1]:PORT'"},
        BadLine{"listen = /run/x", "2:10 error service: listen: expected ADDRESS:PORT, "
                                   "[ADDRESS6]:PORT, PORT, unix:/path or unix:@name, found "
                                   "'/run/x'; did you mean 'unix:/run/x'?"},
        BadLine{"listen = unix:run", "2:10 error service: listen: expected unix:/path or "
                                     "unix:@name, found 'unix:run'"},
        BadLine{"backlog = 0", "2:11 error service: backlog: expected a queue length from 1 to "
                               "2147483647, found '0'"},
        BadLine{"freebind = on", "2:12 error service: freebind: expected yes or no, found 'on'"},
        BadLine{"socket_mode = 0999", "2:15 error service: socket_mode: expected an octal mode "
                                      "from 0 to 777, found '0999'"},
        BadLine{"socket_owner = nosuch",
                "2:16 error service: socket_owner: there is no user 'nosuch'"},
        BadLine{"socket_group = nosuch",
                "2:16 error service: socket_group: there is no group 'nosuch'"},
        BadLine{"stderr = logs", "2:10 error service: stderr: expected client, log or null, found "
                                 "'logs'; did you mean 'log'?"},
        BadLine{"max_runtime = 5w", "2:15 error service: max_runtime: expected a duration such "
                                    "as 90, 90s, 5m, 2h or 1d, found '5w'"},
        BadLine{"kill_grace = soon", "2:14 error service: kill_grace: expected a duration such as "
                                     "90, 90s, 5m, 2h or 1d, found 'soon'"},
        BadLine{"limit_action = wait", "2:16 error service: limit_action: expected refuse or "
                                       "queue, found 'wait'"},
        BadLine{"cps_action = dealy", "2:14 error service: cps_action: expected disable, delay or "
                                      "refuse, found 'dealy'; did you mean 'delay'?"},
        BadLine{"access_match = closer", "2:16 error service: access_match: expected deny_first or "
                                         "closest, found 'closer'; did you mean 'closest'?"},
        BadLine{"pass_fds = all", "2:12 error service: pass_fds: expected inetd, systemd or both, "
                                  "found 'all'"},
        BadLine{"no_new_privs = on",
                "2:16 error service: no_new_privs: expected yes or no, found 'on'"},
    };
    check_all(lines);
}

TEST_CASE("the same bad value in defaults refuses the load")
{
    DraftBench bench(RawSection::Kind::defaults);
    CHECK_FALSE(bench.set("instances = many"));
    CHECK(bench.told() == "2:13 error load: instances: expected a number from 0 to 2147483647 or "
                          "UNLIMITED, found 'many'");
}

TEST_CASE("every bad word of a line is told, those after the first as notes")
{
    DraftBench bench;
    CHECK_FALSE(bench.set("flags = FOO BAR"));
    REQUIRE(bench.diagnostics.all().size() == 2);
    CHECK(bench.diagnostics.all()[0].severity == usherd::config::Severity::warning);
    CHECK(bench.diagnostics.all()[1].severity ==
          usherd::config::Severity::note); // xinetd stops at the first
}
