// SPDX-License-Identifier: BSD-2-Clause
//
// The expected texts are xinetd 2.3.15.3's, as it wrote them.

#include <syslog.h>

#include "config-parser/attribute_table.h"
#include "daemon/core/state_dump.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using config::ServiceFlag;
using config::ServiceType;

void give(config::ServiceSpec& spec, std::string_view attribute, bool inherited = false)
{
    auto origins = spec.origins();
    origins.push_back({config::find_attribute(attribute).value(), inherited, {}});
    spec.set_origins(origins);
}

config::InetEndpoint at(const char* address, std::uint16_t port)
{
    config::InetEndpoint endpoint;
    endpoint.address = access::IpAddress::parse(address);
    endpoint.family = endpoint.address->family();
    endpoint.port = port;
    return endpoint;
}

/// A server program on [::]:23502, and nothing else said.
config::ServiceSpec plain()
{
    config::ServiceSpec spec;
    spec.name = spec.id = "shellish";
    spec.types = {ServiceType::unlisted};
    spec.settings->protocol = {"tcp", 6};
    spec.port = 23502;
    spec.endpoints = {config::InetEndpoint{access::Family::ipv6, {}, 23502, false}};
    spec.process->user = config::UserRef{"nobody", 65534, 65534, true};
    spec.process->server = "/bin/cat";
    spec.process->argv = {"cat"};
    return spec;
}

std::string text_of(const config::ServiceSpec& spec, const DumpSurroundings& around = {})
{
    std::string text;
    append_service_configuration(text, spec, around, "");
    return text;
}

std::string defaults_text(const config::ServiceSpec& defaults, const DumpSurroundings& around = {})
{
    std::string text;
    append_defaults(text, defaults, around, "");
    return text;
}

bool has_line(const std::string& text, const std::string& line)
{
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// The configuration lines say nothing about where the service stands in the daemon.
std::string without_configuration(const std::string& dump)
{
    std::string text;
    std::size_t start = 0;
    while (start < dump.size()) {
        const std::size_t end = dump.find('\n', start) + 1;
        if (dump.compare(start, 2, "\t\t") != 0)
            text += dump.substr(start, end - start);
        start = end;
    }
    return text;
}

} // namespace

TEST_CASE("a service that says little is shown with what always holds")
{
    CHECK(text_of(plain()) == "id = shellish\n"
                              "flags = IPv6\n"
                              "type = UNLISTED\n"
                              "socket_type = stream\n"
                              "Protocol (name,number) = (tcp,6)\n"
                              "port = 23502\n"
                              "wait = no\n"
                              "user = 65534\n"
                              "Groups = no\n"
                              "PER_SOURCE = -1\n"
                              "Bind = All addresses.\n"
                              "Server = /bin/cat\n"
                              "Server argv = cat\n"
                              "Only from: All sites\n"
                              "No access: No blocked sites\n"
                              "No logging\n");
}

TEST_CASE("a service that says much is shown in xinetd's order")
{
    auto spec = plain();
    spec.flags = {ServiceFlag::keepalive, ServiceFlag::nodelay};
    spec.process->group = config::GroupRef{"daemon", 1};
    spec.process->groups = true;
    spec.process->umask = 027;
    spec.process->nice = 5;
    spec.policy->per_source = 10;
    spec.policy->cps = {400, std::chrono::seconds(10)};
    spec.policy->access_times.emplace({access::TimeWindow{{120}, {539}}, {{720}, {1439}}});
    spec.settings->bind_text = "127.0.0.1";
    spec.endpoints = {at("127.0.0.1", 23502)};
    spec.process->argv = {"cat", "-u"};
    spec.settings->libwrap_name = "shellish";
    spec.settings->libwrap_name_given = true;
    spec.shown_lists = std::make_shared<const config::ShownLists>(
        config::ShownLists{" 127.0.0.0/255.0.0.0(NET) localhost(HOST)", " 127.0.0.66(NUMERIC)"});
    spec.settings->log_target = config::SyslogTarget{LOG_LOCAL4, LOG_NOTICE};
    spec.settings->log_on_success = {config::SuccessLog::pid, config::SuccessLog::host};
    spec.settings->log_on_failure = {config::FailureLog::attempt};
    spec.process->passenv = std::vector<std::string>{"PATH"};
    spec.process->env = {"MODE=test", "LEVEL=2"};
    for (const char* attribute : {"instances", "cps", "env"})
        give(spec, attribute);
    give(spec, "passenv", true);
    DumpSurroundings around;
    around.host_names.emplace(*access::IpAddress::parse("127.0.0.1"), "localhost");
    around.environment = {"HOME=/root", "PATH=/usr/bin:/bin"};
    CHECK(text_of(spec, around) == "id = shellish\n"
                                   "flags = NODELAY KEEPALIVE IPv4\n"
                                   "type = UNLISTED\n"
                                   "socket_type = stream\n"
                                   "Protocol (name,number) = (tcp,6)\n"
                                   "port = 23502\n"
                                   "Instances = UNLIMITED\n"
                                   "wait = no\n"
                                   "user = 65534\n"
                                   "group = 1\n"
                                   "Groups = yes\n"
                                   "umask = 27\n"
                                   "Nice = 5\n"
                                   "CPS = max conn:400 wait:10\n"
                                   "PER_SOURCE = 10\n"
                                   "Bind = localhost\n"
                                   "Server = /bin/cat\n"
                                   "Server argv = cat -u\n"
                                   "Libwrap = shellish\n"
                                   "Access times = 02:00-08:59 12:00-23:59\n"
                                   "Only from:  127.0.0.0/255.0.0.0(NET) localhost(HOST)\n"
                                   "No access:  127.0.0.66(NUMERIC)\n"
                                   "Logging to syslog. Facility = local4, level = notice\n"
                                   "Log_on_success flags = HOST PID\n"
                                   "Log_on_failure flags = ATTEMPT\n"
                                   "Passenv = PATH\n"
                                   "Environment additions:\n"
                                   "\tMODE=test\n"
                                   "\tLEVEL=2\n"
                                   "Environment strings:\n"
                                   "\tPATH=/usr/bin:/bin\n"
                                   "\tMODE=test\n"
                                   "\tLEVEL=2\n");
}

TEST_CASE("instances and cps are not shown where they are inherited")
{
    auto spec = plain();
    give(spec, "cps", true);
    give(spec, "instances", true);
    spec.policy->instances = 7;
    CHECK(text_of(spec) == text_of(plain()));
}

TEST_CASE("an inherited log file is the common one")
{
    auto spec = plain();
    spec.settings->log_target = config::FileTarget{"/var/log/x", 100, 5220};
    CHECK(has_line(text_of(spec), "Logging to file: /var/log/x (soft=100 hard=5220)"));
    spec.settings->log_target_inherited = true;
    CHECK(has_line(text_of(spec), "Logging to common log file"));
    CHECK(has_line(text_of(spec), "Log_on_success flags ="));
}

TEST_CASE("a redirected service shows its target and no server")
{
    auto spec = plain();
    spec.process->server.clear();
    spec.process->argv.clear();
    spec.settings->redirect =
        config::Redirect{"elsewhere", 23, {*access::IpAddress::parse("128.138.202.20")}};
    const auto text = text_of(spec);
    CHECK(has_line(text, "Redirect = 128.138.202.20:23"));
    CHECK(text.find("Server") == std::string::npos);
}

TEST_CASE("an RPC service shows its program and versions")
{
    auto spec = plain();
    spec.types = {ServiceType::rpc};
    spec.port.reset();
    spec.settings->rpc = config::Rpc{100001, 2, 4};
    const auto text = text_of(spec);
    CHECK(text.find("RPC data\n\tprogram number = 100001\n\trpc_version = 2-4\n") !=
          std::string::npos);
    CHECK(text.find("port =") == std::string::npos);
    spec.settings->rpc->last_version = 2;
    CHECK(has_line(text_of(spec), "\trpc_version = 2"));
}

TEST_CASE("a sensor shows its deny time")
{
    auto spec = plain();
    spec.types = {ServiceType::internal};
    spec.flags = {ServiceFlag::sensor};
    CHECK(has_line(text_of(spec), "Deny Time: 0"));
    spec.settings->deny_time = config::deny_forever;
    CHECK(has_line(text_of(spec), "Deny Time: -1"));
}

TEST_CASE("a wildcard that was asked for is shown as the address it is")
{
    auto spec = plain();
    spec.settings->bind_text = "0.0.0.0";
    spec.endpoints = {config::InetEndpoint{access::Family::ipv4, {}, 23502, false}};
    CHECK(has_line(text_of(spec), "Bind = 0.0.0.0"));
}

TEST_CASE("several addresses are all shown")
{
    auto spec = plain();
    give(spec, "listen");
    spec.endpoints = {at("127.0.0.1", 80), config::UnixEndpoint{"/run/x", false}};
    CHECK(has_line(text_of(spec), "Listen = 127.0.0.1:80 unix:/run/x"));
}

TEST_CASE("empty defaults have four lines")
{
    CHECK(defaults_text({}) == "Bind = All addresses.\n"
                               "Only from: All sites\n"
                               "No access: No blocked sites\n"
                               "No logging\n");
}

TEST_CASE("defaults show what they say")
{
    config::ServiceSpec defaults;
    defaults.policy->instances = 50;
    defaults.policy->per_source = 10;
    defaults.process->groups = true;
    defaults.process->umask = 2;
    defaults.process->passenv.emplace();
    for (const char* attribute : {"instances", "per_source", "groups", "umask", "cps", "passenv"})
        give(defaults, attribute);
    CHECK(defaults_text(defaults) == "Instances = 50\n"
                                     "Groups = yes\n"
                                     "umask = 2\n"
                                     "CPS = max conn:50 wait:10\n"
                                     "PER_SOURCE = 10\n"
                                     "Bind = All addresses.\n"
                                     "Only from: All sites\n"
                                     "No access: No blocked sites\n"
                                     "No logging\n"
                                     "Passenv =\n"
                                     "Environment strings:\n");
}

TEST_CASE("the dump of a daemon without services")
{
    DumpFacts facts;
    facts.version = "2.3.15.3";
    facts.current_time = "Fri Nov 20 23:19:27 2026";
    facts.defaults = std::make_shared<const config::ServiceSpec>();
    facts.descriptors = {0, 1, 2, 3, 5, 6};
    facts.max_descriptors = 20000;
    facts.config_file = "/tmp/e.conf";
    CHECK(state_dump(facts) == "INTERNAL STATE DUMP: 2.3.15.3\n"
                               "Current time: Fri Nov 20 23:19:27 2026\n"
                               "\n"
                               "Services + defaults:\n"
                               "Service defaults\n"
                               "\tBind = All addresses.\n"
                               "\tOnly from: All sites\n"
                               "\tNo access: No blocked sites\n"
                               "\tNo logging\n"
                               "Server table dump:\n"
                               "\n"
                               "Retry table dump:\n"
                               "\n"
                               "Socket mask:\n"
                               "pfds_last = 0\n"
                               "Open descriptors (not in socket mask): 0 1 2 3 5 6\n"
                               "\n"
                               "active_services = 0\n"
                               "available_services = 0\n"
                               "descriptors_free = 19994\n"
                               "running_servers = 0\n"
                               "Logging service = enabled\n"
                               "\n"
                               "max_descriptors = 20000\n"
                               "process_limit = 0\n"
                               "config_file = /tmp/e.conf\n"
                               "\n"
                               "END OF DUMP\n"
                               "\n");
}

TEST_CASE("counters and sockets are shown of active services only")
{
    using State = DumpService::State;
    DumpFacts facts;
    const auto spec = std::make_shared<const config::ServiceSpec>(plain());
    facts.services = {{spec, State::active, 2, 1, {6, 9}}, {spec, State::disabled, 1, 0, {}}};
    const auto text = without_configuration(state_dump(facts));
    CHECK(text.find("Service = shellish\n"
                    "\tState = Active\n"
                    "\tService configuration: shellish\n"
                    "\trunning servers = 2\n"
                    "\tretry servers = 1\n"
                    "\tattempts = 0\n"
                    "\tservice fd = 6 9\n"
                    "\n"
                    "Service = shellish\n"
                    "\tState = Disabled\n"
                    "\tService configuration: shellish\n"
                    "\n") != std::string::npos);
    CHECK(has_line(text, "active_services = 1"));
    CHECK(has_line(text, "available_services = 1"));
}

TEST_CASE("defaults have an environment once a service was completed from them")
{
    config::ServiceSpec defaults;
    defaults.process->passenv = std::vector<std::string>{"PATH"};
    defaults.set_origins({{config::find_attribute("passenv").value(), false, {}}});
    DumpSurroundings around;
    around.environment = {"PATH=/bin"};
    std::string text;
    append_defaults(text, defaults, around, "");
    CHECK(has_line(text, "\tPATH=/bin"));
    text.clear();
    around.defaults_used = false;
    append_defaults(text, defaults, around, "");
    CHECK(has_line(text, "Passenv = PATH"));
    CHECK_FALSE(has_line(text, "\tPATH=/bin"));
}

TEST_CASE("a TCPMUX client is not started and not available")
{
    DumpFacts facts;
    facts.services = {{std::make_shared<const config::ServiceSpec>(plain()),
                       DumpService::State::not_started,
                       0,
                       0,
                       {}}};
    const auto text = state_dump(facts);
    CHECK(has_line(text, "\tState = Not started"));
    CHECK(has_line(text, "available_services = 0"));
}

TEST_CASE("the table of servers says where each client is")
{
    const auto peer = access::IpAddress::parse("127.0.0.1");
    DumpFacts facts;
    DumpServer stream;
    stream.id = "d";
    stream.pid = 50;
    stream.start_time = "Fri Nov 20 23:16:57 2026";
    stream.peer = access::Peer{*peer, access::Arrival::native, 57510};
    stream.logs_user = true;
    DumpServer waits;
    waits.id = "ws";
    waits.pid = 1076;
    waits.start_time = "Fri Nov 20 23:17:20 2026";
    waits.descriptor = 8;
    waits.fork_failures = 2;
    facts.servers = {stream, waits};
    CHECK(state_dump(facts).find("Server table dump:\n"
                                 "d server\n"
                                 "pid = 50\n"
                                 "start_time = Fri Nov 20 23:16:57 2026\n"
                                 "Connection info:\n"
                                 "\tservice = d\n"
                                 "\tdescriptor = -1\n"
                                 "\tflags = 3\n"
                                 "\tremote_address = 127.0.0.1,57510\n"
                                 "log_remote_user = YES\n"
                                 "writes_to_log = YES\n"
                                 "\n"
                                 "ws server\n"
                                 "pid = 1076\n"
                                 "start_time = Fri Nov 20 23:17:20 2026\n"
                                 "Connection info:\n"
                                 "\tservice = ws\n"
                                 "\tdescriptor = 8\n"
                                 "\tflags = 1\n"
                                 "\tremote_address = <no address>,0\n"
                                 "fork_failures = 2\n"
                                 "log_remote_user = NO\n"
                                 "writes_to_log = NO\n"
                                 "\n"
                                 "\n"
                                 "Retry table dump:\n"
                                 "\n"
                                 "Socket mask:") != std::string::npos);
}

TEST_CASE("what is not in the socket mask is listed apart")
{
    DumpFacts facts;
    const auto spec = std::make_shared<const config::ServiceSpec>(plain());
    facts.services = {{spec, DumpService::State::active, 0, 0, {9, 6}}};
    facts.descriptors = {0, 1, 2, 6, 7, 9};
    const auto text = state_dump(facts);
    CHECK(has_line(text, "Socket mask: 9 6"));
    CHECK(has_line(text, "pfds_last = 2"));
    CHECK(has_line(text, "Open descriptors (not in socket mask): 0 1 2 7"));
}

} // namespace usherd::core
