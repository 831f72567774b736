// SPDX-License-Identifier: BSD-2-Clause
//
// What a handler finds, told by a real one.

#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/unit/daemon/handler_harness.h"

namespace usherd::daemon {

namespace {

using Strings = std::vector<std::string>;

/// Sets a signal's action for a while.
class ActionOf {
public:
    ActionOf(int signal, void (*handler)(int)) : signal_(signal)
    {
        struct sigaction action {};
        action.sa_handler = handler;
        ::sigaction(signal, &action, &before_);
    }
    ~ActionOf() { ::sigaction(signal_, &before_, nullptr); }
    ActionOf(const ActionOf&) = delete;
    ActionOf& operator=(const ActionOf&) = delete;

private:
    int signal_;
    struct sigaction before_ {};
};

bool is_socket(const std::string& descriptor)
{
    return descriptor.find(": socket:[") != std::string::npos;
}

/// The part that says which open file it is.
std::string target(const std::string& descriptor)
{
    return descriptor.substr(descriptor.find(": ") + 2);
}

} // namespace

TEST_CASE_METHOD(HandlerHarness, "a handler has the connection as 0, 1 and 2 and nothing else")
{
    // One that somebody has forgotten to make close-on-exec.
    const sys::UniqueFd forgotten(::dup(0));
    REQUIRE(::fcntl(forgotten.get(), F_SETFD, 0) == 0);
    const auto found = probe(probe_spec()).descriptors();
    REQUIRE(found.size() == 3);
    CHECK(is_socket(found[0]));
    CHECK(target(found[0]).ends_with(" blocking"));
    CHECK(target(found[1]) == target(found[0]));
    CHECK(target(found[2]) == target(found[0]));
}

TEST_CASE("a connection with a number below 4 reaches its handler too")
{
    const int number = GENERATE(0, 3);
    const sys::UniqueFd saved(::fcntl(number, F_DUPFD_CLOEXEC, 10));
    if (!saved)
        REQUIRE(::dup2(0, number) == number); // taken, so that the pair has other numbers
    SocketPair pair;
    REQUIRE(::dup3(pair.server.get(), number, O_CLOEXEC) == number);
    pair.server.reset();
    HandlerHarness harness; // only now: the loop would take the number
    harness.launch(HandlerHarness::probe_spec(), sys::UniqueFd(number));
    harness.run_until(Told::What::exited);
    if (saved)
        REQUIRE(::dup2(saved.get(), number) == number);
    const auto found = ProbeReport(read_all(pair.client.get())).descriptors();
    REQUIRE(found.size() == 3);
    CHECK(is_socket(found[0]));
    CHECK(target(found[2]) == target(found[0]));
}

TEST_CASE_METHOD(HandlerHarness, "pass_fds = systemd passes the connection as fd 3 alone")
{
    auto spec = probe_spec({"--to=3"});
    spec.process->pass_fds = config::PassFds::systemd;
    const ProbeReport report = probe(spec);
    const auto found = report.descriptors();
    REQUIRE(found.size() == 4);
    CHECK(target(found[0]) == "/dev/null blocking");
    CHECK(target(found[1]) == "/dev/null blocking");
    CHECK(target(found[2]) == "/dev/null blocking");
    CHECK(is_socket(found[3]));
    CHECK(report.all("env") == Strings{"FROM=daemon", "LISTEN_PID=" + report.one("pid"),
                                       "LISTEN_FDS=1", "LISTEN_FDNAMES=connection",
                                       "REMOTE_HOST=<no address>"});
}

TEST_CASE_METHOD(HandlerHarness, "pass_fds = both passes the connection in all four places")
{
    auto spec = probe_spec();
    spec.process->pass_fds = config::PassFds::both;
    const auto found = probe(spec).descriptors();
    REQUIRE(found.size() == 4);
    CHECK(is_socket(found[0]));
    CHECK(target(found[2]) == target(found[0]));
    CHECK(target(found[3]) == target(found[0]));
}

TEST_CASE_METHOD(HandlerHarness, "stderr = log writes where the daemon says, stderr = null nowhere")
{
    auto spec = probe_spec({"--to=2"});
    SocketPair pair;
    SECTION("log")
    {
        spec.process->stderr_target = config::StderrTarget::log;
        SocketPair log;
        ServerStart start = start_for(spec);
        start.connection = std::move(pair.server);
        start.stderr_fd = std::move(log.server);
        supervisor.launch(std::move(start));
        run_until(Told::What::exited);
        CHECK(read_all(pair.client.get()).empty());
        const auto found = ProbeReport(read_all(log.client.get())).descriptors();
        REQUIRE(found.size() == 3);
        CHECK(target(found[1]) == target(found[0]));
        CHECK(is_socket(found[2]));
        CHECK(target(found[2]) != target(found[0]));
    }
    SECTION("null")
    {
        spec.process->stderr_target = config::StderrTarget::null;
        spec.process->argv = {"usherd-probe"};
        launch(spec, std::move(pair.server));
        run_until(Told::What::exited);
        const auto found = ProbeReport(read_all(pair.client.get())).descriptors();
        REQUIRE(found.size() == 3);
        CHECK(target(found[2]) == "/dev/null blocking");
    }
}

TEST_CASE_METHOD(HandlerHarness, "a handler has no signal blocked, ignored or caught")
{
    const ActionOf broken_pipe(SIGPIPE, SIG_IGN);
    const ActionOf stop(SIGTSTP, SIG_IGN);
    const ActionOf hang_up(SIGHUP, [](int) {});
    sigset_t some;
    sigset_t before;
    ::sigemptyset(&some);
    ::sigaddset(&some, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &some, &before);
    const ProbeReport report = probe(probe_spec());
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    CHECK(report.one("SigBlk") == "0000000000000000");
    CHECK(report.one("SigIgn") == "0000000000000000");
    CHECK(report.one("SigCgt") == "0000000000000000");
}

TEST_CASE_METHOD(HandlerHarness, "a handler leads a session and a group of its own and lives in /")
{
    const ProbeReport report = probe(probe_spec());
    CHECK(report.one("sid") == report.one("pid"));
    CHECK(report.one("pgid") == report.one("pid"));
    CHECK(report.one("cwd") == "/");
    CHECK(report.one("ppid") == std::to_string(::getpid()));
    CHECK(report.one("pid") == std::to_string(observer.last(Told::What::exited).pid));
}

TEST_CASE_METHOD(HandlerHarness, "a handler has its arguments, umask, niceness and limits")
{
    auto spec = probe_spec({"two words", ""});
    spec.process->argv[0] = "in.probe";
    spec.process->umask = 07;
    spec.process->nice = 3;
    spec.process->resource_limits[static_cast<std::size_t>(config::ResourceLimit::cpu)] = 77;
    spec.process->resource_limits[static_cast<std::size_t>(config::ResourceLimit::stack)] =
        config::no_resource_limit;
    const ProbeReport report = probe(spec);
    CHECK(report.one("argv 0") == "in.probe");
    CHECK(report.one("argv 1") == "two words");
    CHECK(report.one("argv 2").empty());
    CHECK(report.one("umask") == "007");
    CHECK(report.one("nice") == std::to_string(std::min(::getpriority(PRIO_PROCESS, 0) + 3, 19)));
    CHECK(report.one("limit nofile") == "512 512");
    CHECK(report.one("limit cpu") == "77 77");
}

TEST_CASE_METHOD(HandlerHarness, "starting a handler changes nothing in the daemon")
{
    const mode_t mask = ::umask(022);
    ::umask(mask);
    auto spec = probe_spec();
    spec.process->umask = 0777;
    spec.process->nice = 1;
    const auto descriptors = open_descriptors();
    const int niceness = ::getpriority(PRIO_PROCESS, 0);
    const pid_t session = ::getsid(0);
    (void)probe(spec);
    const mode_t mask_now = ::umask(mask);
    CHECK(mask_now == mask);
    CHECK(::getpriority(PRIO_PROCESS, 0) == niceness);
    CHECK(::getsid(0) == session);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE_METHOD(HandlerHarness, "a handler runs as its user with exactly its groups")
{
    if (::geteuid() != 0)
        return; // only root may choose
    auto spec = probe_spec();
    spec.process->user = {.text = "12345", .uid = 12345, .gid = 12345};
    SECTION("no groups")
    {
        const ProbeReport report = probe(spec);
        CHECK(report.one("uid") == "12345 12345 12345");
        CHECK(report.one("gid") == "12345 12345 12345");
        CHECK(report.all("groups").empty());
    }
    SECTION("group and supplementary groups")
    {
        spec.process->user->has_account = true;
        spec.process->group = {.text = "daemon", .gid = 1};
        spec.process->groups = true;
        spec.process->supplementary_groups = {12345, 20};
        const ProbeReport report = probe(spec);
        CHECK(report.one("gid") == "1 1 1");
        CHECK(report.one("groups") == "20 12345");
    }
    CHECK(::geteuid() == 0);
    CHECK(::getegid() == 0);
}

TEST_CASE("a handler of root's has none of the daemon's supplementary groups")
{
    if (::geteuid() != 0)
        return; // only root may choose
    gid_t before[64];
    const int count = ::getgroups(64, before);
    REQUIRE(count >= 0);
    const gid_t daemons = 20;
    REQUIRE(::setgroups(1, &daemons) == 0);
    auto spec = HandlerHarness::probe_spec();
    spec.process->user = {.text = "root", .uid = 0, .gid = 0, .has_account = true};
    const ProbeReport report = HandlerHarness().probe(spec);
    REQUIRE(::setgroups(static_cast<std::size_t>(count), before) == 0);
    CHECK(report.one("uid") == "0 0 0");
    CHECK(report.all("groups").empty());
}

TEST_CASE_METHOD(HandlerHarness, "a handler that may stay what it is needs no privilege")
{
    auto spec = probe_spec();
    spec.process->user = {.text = "", .uid = ::geteuid(), .gid = ::getegid()};
    const ProbeReport report = probe(spec);
    CHECK(report.one("uid").starts_with(std::to_string(::geteuid()) + " "));
}

} // namespace usherd::daemon
