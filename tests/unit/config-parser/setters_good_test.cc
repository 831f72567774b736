// SPDX-License-Identifier: BSD-2-Clause
//
// Good values, attribute by attribute: the field of the spec that they set.

#include <syslog.h>

#include "tests/unit/config-parser/draft_bench.h"

namespace usherd::config {

using test::DraftBench;
using namespace std::chrono_literals;

TEST_CASE("identity attributes set their fields")
{
    DraftBench bench;
    bench.with({"id = other", "type = rpc Unlisted", "flags = nodelay IPv6", "disable = YES",
                "socket_type = Stream", "protocol = TCP", "wait = no", "rpc_version = 2-4",
                "rpc_number = 300000"});
    CHECK(bench.draft.spec.id == "other");
    CHECK(bench.draft.spec.types == EnumSet{ServiceType::rpc, ServiceType::unlisted});
    CHECK(bench.draft.spec.flags == EnumSet{ServiceFlag::nodelay, ServiceFlag::ipv6});
    CHECK(bench.draft.disabled);
    CHECK(bench.draft.socket_type == SocketType::stream);
    CHECK(bench.draft.protocol == Protocol{"TCP", 6});
    CHECK(bench.draft.wait == false);
    CHECK(bench.draft.spec.settings->rpc == Rpc{0, 2, 4});
    CHECK(bench.draft.rpc_number == 300000U);
    CHECK(bench.told().empty());
}

TEST_CASE("disable = no takes back disable = yes but not a bad value")
{
    DraftBench bench;
    CHECK_FALSE(bench.set("nice = x"));
    bench.with({"disable = yes", "disable = no"});
    CHECK_FALSE(bench.draft.disabled);
    CHECK(bench.draft.bad_value);
    CHECK_FALSE(bench.finish());
}

TEST_CASE("a single RPC version is a range of one")
{
    CHECK(DraftBench().with({"rpc_version = 3"}).draft.spec.settings->rpc == Rpc{0, 3, 3});
}

TEST_CASE("a user is a name or a number, and a number is its own group")
{
    CHECK(DraftBench().with({"user = games"}).draft.spec.process->user ==
          UserRef{"games", 5, 60, true});
    CHECK(DraftBench().with({"user = 5"}).draft.spec.process->user == UserRef{"5", 5, 5, true});
    CHECK(DraftBench().with({"user = 1234"}).draft.spec.process->user ==
          UserRef{"1234", 1234, 1234, false});
    CHECK(DraftBench().with({"group = tty"}).draft.spec.process->group == GroupRef{"tty", 5});
    CHECK(DraftBench().with({"group = 77"}).draft.spec.process->group == GroupRef{"77", 77});
}

TEST_CASE("the group of the status socket is a name or a number, in defaults")
{
    const auto in_defaults = [](std::string_view line) {
        return DraftBench(RawSection::Kind::defaults).with({line}).draft.status_group;
    };
    CHECK(in_defaults("status_group = tty") == 5U);
    CHECK(in_defaults("status_group = 77") == 77U);
    DraftBench bench(RawSection::Kind::defaults);
    CHECK_FALSE(bench.set("status_group = nosuch"));
    CHECK(bench.told().find("there is no group 'nosuch'") != std::string::npos);
}

TEST_CASE("process attributes set their fields")
{
    DraftBench bench;
    bench.with(
        {"groups = yes", "server = /bin/cat", "server_args = -u # x", "nice = -5", "umask = 0027"});
    CHECK(bench.draft.spec.process->groups);
    CHECK(bench.draft.spec.process->server == "/bin/cat");
    REQUIRE(bench.draft.server_args.size() == 3);
    CHECK(bench.draft.server_args[1].text == "#");
    CHECK(bench.draft.spec.process->nice == -5);
    CHECK(bench.draft.spec.process->umask == 027U);
}

TEST_CASE("env adds with += and starts afresh with =")
{
    DraftBench bench;
    bench.with({"env = A=1 B=2", "env += A=3 =x"});
    CHECK(bench.draft.spec.process->env == std::vector<std::string>{"A=1", "B=2", "A=3", "=x"});
    bench.with({"env = C="});
    CHECK(bench.draft.spec.process->env == std::vector<std::string>{"C="});
    bench.with({"env ="});
    CHECK(bench.draft.spec.process->env.empty());
}

TEST_CASE("passenv leaves out variables that are not set")
{
    DraftBench bench;
    CHECK_FALSE(bench.draft.spec.process->passenv);
    bench.with({"passenv = PATH NOSUCH LANG"});
    CHECK(bench.draft.spec.process->passenv == std::vector<std::string>{"PATH", "LANG"});
    CHECK(bench.told() == "2:16 warning word: passenv: variable 'NOSUCH' is not set");
    bench.with({"passenv += path LANG lang"}); // they are there
    CHECK(bench.draft.spec.process->passenv == std::vector<std::string>{"PATH", "LANG"});
    bench.with({"passenv -= Path"});
    CHECK(bench.draft.spec.process->passenv == std::vector<std::string>{"LANG"});
    bench.with({"passenv ="});
    CHECK(bench.draft.spec.process->passenv == std::vector<std::string>{});
}

TEST_CASE("counts and rates set their fields")
{
    DraftBench bench;
    bench.with({"instances = 0", "per_source = unlimited", "cps = 0 0", "max_load = 2.5x"});
    CHECK(bench.draft.spec.policy->instances == 0);
    CHECK(bench.draft.spec.policy->per_source == access::unlimited);
    CHECK(bench.draft.spec.policy->cps == access::CpsLimit{0, 0s});
    CHECK(bench.draft.spec.policy->max_load == 2.5);
    CHECK(bench.told() == "5:12 warning none: max_load: 'x' after the number is ignored");
}

TEST_CASE("resource limits take K, M, UNLIMITED and -1, and 0 means no limit is set")
{
    DraftBench bench;
    bench.with({"rlimit_as = 8M", "rlimit_cpu = 20", "rlimit_data = UNLIMITED",
                "rlimit_files = 100", "rlimit_rss = -1", "rlimit_stack = 64k"});
    const auto limit = [&bench](ResourceLimit which) {
        return bench.draft.spec.process->resource_limits[static_cast<std::size_t>(which)];
    };
    CHECK(limit(ResourceLimit::as) == 8U << 20);
    CHECK(limit(ResourceLimit::cpu) == 20U);
    CHECK(limit(ResourceLimit::data) == no_resource_limit);
    CHECK(limit(ResourceLimit::files) == 100U);
    CHECK(limit(ResourceLimit::rss) == no_resource_limit);
    CHECK(limit(ResourceLimit::stack) == 65536U);
    const ServiceDraft zero = DraftBench().with({"rlimit_as = 0"}).draft;
    CHECK_FALSE(zero.spec.process->resource_limits[0]);
}

TEST_CASE("numbers may have a plus, and negative ones are as huge as in xinetd")
{
    DraftBench bench;
    bench.with({"instances = +5", "rlimit_as = +5K", "rlimit_cpu = -7", "cps = +1 -2",
                "rpc_version = 1", "rpc_number = +3", "port = +80"});
    const auto limit = [&bench](ResourceLimit which) {
        return bench.draft.spec.process->resource_limits[static_cast<std::size_t>(which)];
    };
    CHECK(limit(ResourceLimit::as) == 5U * 1024);
    CHECK(limit(ResourceLimit::cpu) == no_resource_limit);
    CHECK(bench.draft.spec.policy->cps.rate == 1);
    CHECK(bench.draft.spec.policy->cps.hold_off.count() == 4294967294);
    CHECK(bench.draft.rpc_number == 3);
    CHECK(bench.draft.spec.port == 80);
}

TEST_CASE("access_times takes short forms and several intervals")
{
    const auto windows = DraftBench()
                             .with({"access_times = 1:0-2:5 :-1:1 08:00-0000023:59"})
                             .draft.spec.policy->access_times;
    REQUIRE(windows);
    CHECK(*windows == std::vector<access::TimeWindow>{{{60}, {125}}, {{0}, {61}}, {{480}, {1439}}});
}

TEST_CASE("banners, libwrap and deny_time set their fields")
{
    DraftBench bench;
    bench.with({"banner = /a", "banner_success = /b", "banner_fail = /c", "libwrap = sshd",
                "deny_time = forever"});
    CHECK(bench.draft.spec.settings->banner == "/a");
    CHECK(bench.draft.spec.settings->banner_success == "/b");
    CHECK(bench.draft.spec.settings->banner_fail == "/c");
    CHECK(bench.draft.spec.settings->libwrap_name == "sshd");
    CHECK(bench.draft.spec.settings->libwrap_name_given);
    CHECK(bench.draft.spec.settings->deny_time == deny_forever);
    CHECK(DraftBench().with({"deny_time = Never"}).draft.spec.settings->deny_time == deny_never);
    CHECK(DraftBench().with({"deny_time = 60"}).draft.spec.settings->deny_time == 60);
    CHECK(DraftBench().with({"deny_time = -7"}).draft.spec.settings->deny_time == -7);
}

TEST_CASE("log_type SYSLOG has level info by default")
{
    CHECK(DraftBench().with({"log_type = syslog local4"}).draft.spec.settings->log_target ==
          LogTarget{SyslogTarget{LOG_LOCAL4, LOG_INFO}});
    CHECK(DraftBench().with({"log_type = SYSLOG authpriv debug"}).draft.spec.settings->log_target ==
          LogTarget{SyslogTarget{LOG_AUTHPRIV, LOG_DEBUG}});
}

TEST_CASE("the hard limit of a log is 1 % above the soft one, within 5 and 20 KiB")
{
    const auto limits = [](std::string_view line) {
        const ServiceDraft draft = DraftBench().with({line}).draft;
        const auto& file = std::get<FileTarget>(draft.spec.settings->log_target);
        return std::pair{file.soft_limit, file.hard_limit};
    };
    CHECK(limits("log_type = FILE /x") == std::pair<std::uint64_t, std::uint64_t>{0, 0});
    CHECK(limits("log_type = FILE /x 1000") == std::pair<std::uint64_t, std::uint64_t>{1000, 6120});
    CHECK(limits("log_type = FILE /x 100000") ==
          std::pair<std::uint64_t, std::uint64_t>{100000, 105120});
    CHECK(limits("log_type = FILE /x 1000000") ==
          std::pair<std::uint64_t, std::uint64_t>{1000000, 1010000});
    CHECK(limits("log_type = FILE /x 100M") ==
          std::pair<std::uint64_t, std::uint64_t>{104857600, 104857600 + 20480});
    CHECK(limits("log_type = FILE /x 10 10") == std::pair<std::uint64_t, std::uint64_t>{10, 10});
    CHECK(limits("log_type = FILE /x 0 5") == std::pair<std::uint64_t, std::uint64_t>{0, 0});
}

TEST_CASE("a second log_type is ignored in a service and an error in defaults")
{
    DraftBench service;
    service.with({"log_type = SYSLOG daemon", "log_type = FILE /x"});
    CHECK(std::holds_alternative<SyslogTarget>(service.draft.spec.settings->log_target));
    CHECK(service.told() == "3:1 warning line: log_type: already set");

    DraftBench defaults(RawSection::Kind::defaults);
    defaults.with({"log_type = SYSLOG daemon"});
    CHECK_FALSE(defaults.set("log_type = FILE /x"));
    CHECK(defaults.told() == "3:1 error load: log_type: only one is possible in defaults");
}

TEST_CASE("log flags are replaced by =, extended by += and shortened by -=")
{
    using Success = EnumSet<SuccessLog>;
    DraftBench bench;
    bench.draft.spec.settings->log_on_success = {SuccessLog::pid, SuccessLog::host}; // as inherited
    auto& flags = bench.draft.spec.settings->log_on_success;
    bench.with({"log_on_success += exit"});
    CHECK(flags == Success{SuccessLog::pid, SuccessLog::host, SuccessLog::exit});
    bench.with({"log_on_success -= PID EXIT"});
    CHECK(flags == Success{SuccessLog::host});
    bench.with({"log_on_success = DURATION"});
    CHECK(flags == Success{SuccessLog::duration});
    bench.with({"log_on_success ="});
    CHECK(flags.empty());
    bench.with({"log_on_failure = ATTEMPT HOST"});
    CHECK(bench.draft.spec.settings->log_on_failure ==
          EnumSet<FailureLog>{FailureLog::host, FailureLog::attempt});
}

TEST_CASE("lists in defaults are extended by =")
{
    DraftBench bench(RawSection::Kind::defaults);
    bench.with({"log_on_success = PID", "log_on_success = HOST", "only_from = 10.0.0.1",
                "only_from = 10.0.0.2", "passenv = PATH", "passenv = LANG", "enabled = a",
                "enabled = b C", "enabled -= c", "disabled = d"});
    CHECK(bench.draft.spec.settings->log_on_success == EnumSet{SuccessLog::pid, SuccessLog::host});
    CHECK(bench.draft.only_from->size() == 2);
    CHECK(bench.draft.spec.process->passenv->size() == 2);
    CHECK(bench.draft.has_enabled);
    REQUIRE(bench.draft.enabled.size() == 2);
    CHECK(bench.draft.enabled[1].text == "b");
    CHECK(bench.draft.disabled_ids.size() == 1);
}

TEST_CASE("ports, addresses and redirections set their fields")
{
    DraftBench bench;
    bench.with({"port = 00080", "bind = host.example.com", "v6only = no",
                "redirect = two.example.com ssh"});
    CHECK(bench.draft.spec.port == 80);
    CHECK(bench.draft.bind_addresses.size() == 1);
    CHECK(bench.draft.spec.settings->bind_text == "host.example.com");
    CHECK(bench.draft.spec.settings->v6only == false);
    REQUIRE(bench.draft.spec.settings->redirect);
    CHECK(bench.draft.spec.settings->redirect->port == 22);
    CHECK(bench.draft.spec.settings->redirect->addresses.size() == 2);
}

TEST_CASE("a redirection by name goes to IPv4 addresses only")
{
    const ServiceDraft draft = DraftBench().with({"redirect = dual.example.com 80"}).draft;
    REQUIRE(draft.spec.settings->redirect->addresses.size() == 1);
    CHECK(draft.spec.settings->redirect->addresses[0] == access::IpAddress::parse("192.0.2.3"));
}

TEST_CASE("a redirection takes an address with hexadecimal octets")
{
    const ServiceDraft draft = DraftBench().with({"redirect = 0x7f.0.0x0.1 80"}).draft;
    REQUIRE(draft.spec.settings->redirect->addresses.size() == 1);
    CHECK(draft.spec.settings->redirect->addresses[0] == access::IpAddress::parse("127.0.0.1"));
}

TEST_CASE("bind and interface are one attribute, the first counts")
{
    DraftBench bench;
    bench.with({"bind = 127.0.0.1", "interface = 127.0.0.2"});
    CHECK(bench.draft.spec.settings->bind_text == "127.0.0.1");
    CHECK(bench.told() == "3:1 warning line: interface: the address is already set to '127.0.0.1'");
}

TEST_CASE("the extensions set their fields")
{
    DraftBench bench;
    bench.with({"backlog = 4096", "freebind = yes", "socket_mode = 0660", "socket_owner = games",
                "socket_group = 5", "stderr = log", "max_runtime = 2h", "kill_grace = 1m",
                "limit_action = queue", "cps_action = delay", "access_match = closest",
                "pass_fds = both", "no_new_privs = yes"});
    const ServiceSpec& spec = bench.draft.spec;
    CHECK(spec.settings->backlog == 4096U);
    CHECK(spec.settings->freebind);
    CHECK(spec.settings->socket_mode == 0660U);
    CHECK(spec.settings->socket_owner == 5U);
    CHECK(spec.settings->socket_group == 5U);
    CHECK(spec.process->stderr_target == StderrTarget::log);
    CHECK(spec.max_runtime == 7200s);
    CHECK(spec.kill_grace == 60s);
    CHECK(spec.settings->limit_action == LimitAction::queue);
    CHECK(spec.settings->cps_action == CpsAction::delay);
    CHECK(spec.policy->access_match == access::AccessMatch::closest);
    CHECK(spec.process->pass_fds == PassFds::both);
    CHECK(spec.process->no_new_privs);
    CHECK_FALSE(DraftBench().with({"max_runtime = UNLIMITED"}).draft.spec.max_runtime);
}

} // namespace usherd::config
