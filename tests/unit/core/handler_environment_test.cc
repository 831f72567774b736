// SPDX-License-Identifier: BSD-2-Clause
//
// The expected orders are xinetd 2.3.15.3's, as a handler of it printed them.

#include "daemon/core/handler_environment.h"
#include "daemon/core/spawn_plan.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using Strings = std::vector<std::string>;

const ConnectionFacts from_loopback{
    .peer = access::Peer{*access::IpAddress::parse("127.0.0.1"), access::Arrival::mapped, 40000},
    .local = access::Peer{*access::IpAddress::parse("127.0.0.2"), access::Arrival::mapped, 21}};

/// As the handler would see it.
Strings environment_of(const config::ServiceSpec& spec, const Strings& inherited,
                       const ConnectionFacts& facts)
{
    const SpawnPlan plan{make_template(spec, {.environment = inherited}),
                         connection_environment(facts)};
    std::vector<char*> argv;
    std::vector<char*> envp;
    write_exec_arrays(plan, "LISTEN_PID=4711", argv, envp);
    REQUIRE(envp.back() == nullptr);
    return {envp.begin(), envp.end() - 1};
}

/// Without the variables that xinetd does not set.
Strings as_xinetd(Strings environment)
{
    std::erase_if(environment, [](const std::string& entry) {
        for (std::size_t i = 0; i < handler_variable_count; ++i) {
            const auto variable = static_cast<HandlerVariable>(i);
            if (variable != HandlerVariable::remote_host &&
                entry.starts_with(std::string(name(variable)) + "="))
                return true;
        }
        return false;
    });
    return environment;
}

const Strings daemons{"AAA=1", "REMOTE_HOST=x", "BBB=2", "AAA=3", "NOEQ", "=weird"};

} // namespace

TEST_CASE("a handler inherits everything, with REMOTE_HOST replaced where it stood")
{
    CHECK(as_xinetd(environment_of({}, daemons, from_loopback)) ==
          Strings{"AAA=1", "REMOTE_HOST=::ffff:127.0.0.1", "BBB=2", "AAA=3", "NOEQ", "=weird"});
}

TEST_CASE("additions replace the first variable of that name in place, new ones follow")
{
    config::ServiceSpec spec;
    spec.process->env = {"NEW1=1", "BBB=changed", "NEW2=2", "NEW1=11", "=x"};
    CHECK(as_xinetd(environment_of(spec, daemons, from_loopback)) ==
          Strings{"AAA=1", "REMOTE_HOST=::ffff:127.0.0.1", "BBB=changed", "AAA=3", "NOEQ", "=x",
                  "NEW1=11", "NEW2=2"});
}

TEST_CASE("passenv passes what it names, once each and in its own order")
{
    config::ServiceSpec spec;
    spec.process->passenv = {{"CCC", "AAA", "NOPE", "NOEQ", "CCC"}};
    spec.process->env = {"ZZ=1", "AAA=changed"};
    CHECK(as_xinetd(environment_of(spec, {"AAA=a", "BBB=b", "CCC=c", "NOEQ"}, from_loopback)) ==
          Strings{"CCC=c", "AAA=changed", "ZZ=1", "REMOTE_HOST=::ffff:127.0.0.1"});
}

TEST_CASE("an empty passenv passes nothing, yet REMOTE_HOST is there")
{
    config::ServiceSpec spec;
    spec.process->passenv.emplace();
    CHECK(as_xinetd(environment_of(spec, daemons, from_loopback)) ==
          Strings{"REMOTE_HOST=::ffff:127.0.0.1"});
}

TEST_CASE("a passed or configured REMOTE_HOST keeps its place and loses its value")
{
    config::ServiceSpec spec;
    SECTION("passed")
    {
        spec.process->passenv = {{"REMOTE_HOST", "AAA"}};
        CHECK(as_xinetd(environment_of(spec, daemons, from_loopback)) ==
              Strings{"REMOTE_HOST=::ffff:127.0.0.1", "AAA=1"});
    }
    SECTION("configured")
    {
        spec.process->env = {"REMOTE_HOST=conf", "ZZ=1"};
        CHECK(as_xinetd(environment_of(spec, {"AAA=1"}, from_loopback)) ==
              Strings{"AAA=1", "REMOTE_HOST=::ffff:127.0.0.1", "ZZ=1"});
    }
}

TEST_CASE("the variables of a TCP connection follow the others, REMOTE_HOST last")
{
    CHECK(environment_of({}, {"AAA=1"}, from_loopback) ==
          Strings{"AAA=1", "REMOTE_ADDR=127.0.0.1", "REMOTE_PORT=40000", "LOCAL_ADDR=127.0.0.2",
                  "LOCAL_PORT=21", "PROTO=TCP", "TCPREMOTEIP=127.0.0.1", "TCPREMOTEPORT=40000",
                  "TCPLOCALIP=127.0.0.2", "TCPLOCALPORT=21", "REMOTE_HOST=::ffff:127.0.0.1"});
}

TEST_CASE("the sender of a datagram is known without TCP variables")
{
    const ConnectionFacts facts{.peer =
                                    access::Peer{*access::IpAddress::parse("2001:db8::7"), {}, 69},
                                .local = {},
                                .is_tcp = false};
    CHECK(environment_of({}, {}, facts) == Strings{"REMOTE_ADDR=2001:db8::7", "REMOTE_PORT=69",
                                                   "PROTO=UDP", "REMOTE_HOST=2001:db8::7"});
}

TEST_CASE("a server that accepts for itself has no address and no protocol")
{
    CHECK(environment_of({}, {}, {}) == Strings{"REMOTE_HOST=<no address>"});
}

TEST_CASE("a UNIX connection has a protocol and no address")
{
    CHECK(environment_of({}, {}, {.is_unix = true, .is_tcp = false}) ==
          Strings{"PROTO=UNIX", "REMOTE_HOST=<no address>"});
}

TEST_CASE("what the daemon inherited is never taken for the truth about a client")
{
    const Strings forged{"TCPREMOTEIP=192.0.2.1", "A=1", "PROTO=TCP", "REMOTE_HOST=a",
                         "REMOTE_HOST=b"};
    SECTION("unknown: left out")
    {
        CHECK(environment_of({}, forged, {}) == Strings{"A=1", "REMOTE_HOST=<no address>"});
    }
    SECTION("known: replaced in place")
    {
        const auto environment = environment_of({}, forged, from_loopback);
        CHECK(environment[0] == "TCPREMOTEIP=127.0.0.1");
        CHECK(environment[2] == "PROTO=TCP");
        CHECK(environment.size() == 11);
    }
    SECTION("configured: the same")
    {
        config::ServiceSpec spec;
        spec.process->env = {"REMOTE_ADDR=192.0.2.1"};
        CHECK(environment_of(spec, {}, {}) == Strings{"REMOTE_HOST=<no address>"});
    }
}

TEST_CASE("LISTEN variables are set only for handlers that look for them")
{
    config::ServiceSpec spec;
    spec.id = "time: of\tday";
    spec.process->passenv.emplace();
    SECTION("inetd: those of the daemon are like any other")
    {
        spec.process->passenv.reset();
        CHECK(environment_of(spec, {"LISTEN_PID=1", "LISTEN_FDS=3"}, {}) ==
              Strings{"LISTEN_PID=1", "LISTEN_FDS=3", "REMOTE_HOST=<no address>"});
    }
    SECTION("systemd, a connection")
    {
        spec.process->pass_fds = config::PassFds::systemd;
        CHECK(environment_of(spec, {}, {}) == Strings{"LISTEN_PID=4711", "LISTEN_FDS=1",
                                                      "LISTEN_FDNAMES=connection",
                                                      "REMOTE_HOST=<no address>"});
    }
    SECTION("both, a listening socket: its name may hold no colon and no control character")
    {
        spec.process->pass_fds = config::PassFds::both;
        spec.wait = true;
        CHECK(environment_of(spec, {}, {})[2] == "LISTEN_FDNAMES=time_ of_day");
    }
    SECTION("inherited ones are replaced")
    {
        spec.process->pass_fds = config::PassFds::systemd;
        spec.process->passenv.reset();
        CHECK(environment_of(spec, {"LISTEN_FDS=3", "LISTEN_PID=1"}, {}) ==
              Strings{"LISTEN_FDS=1", "LISTEN_PID=4711", "LISTEN_FDNAMES=connection",
                      "REMOTE_HOST=<no address>"});
    }
}

} // namespace usherd::core
