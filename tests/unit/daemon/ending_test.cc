// SPDX-License-Identifier: BSD-2-Clause
//
// Ending servers, with real process groups. The end of file on a connection tells that every
// process that had it is gone.

#include <csignal>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/unit/daemon/handler_harness.h"

using namespace std::chrono_literals;

namespace usherd::daemon {

namespace {

using What = Told::What;

/// Until the probe has written all, so that it has set what its options say.
std::string read_report(int fd)
{
    std::string text;
    char buffer[4096];
    while (text.find("\npgid: ") == std::string::npos || text.back() != '\n') {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        REQUIRE(count > 0);
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

/// What the handlers leave behind becomes our child, as it does of process 1.
class Adopting : public HandlerHarness {
public:
    Adopting() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
    ~Adopting() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
    Adopting(const Adopting&) = delete;
    Adopting& operator=(const Adopting&) = delete;
};

bool is_readable(int fd)
{
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, 0) > 0;
}

} // namespace

TEST_CASE_METHOD(Adopting, "a stubborn server past its max_runtime is killed with its group")
{
    auto spec = probe_spec({"--wait", "--ignore-term", "--fork"});
    spec.max_runtime = 1s;
    spec.kill_grace = 0s;
    SocketPair pair;
    launch(spec, std::move(pair.server));
    run_until(What::started);
    (void)read_report(pair.client.get());
    run_until(What::exited);
    CHECK(observer.count(What::signalled) == 2);
    CHECK(WTERMSIG(observer.last(What::exited).number) == SIGKILL);
    CHECK(read_all(pair.client.get()).empty());
    run_until(What::unknown_exited);
    CHECK(WTERMSIG(observer.last(What::unknown_exited).number) == SIGKILL);
}

TEST_CASE_METHOD(Adopting, "what is left of a group when its leader has obeyed is killed")
{
    SocketPair pair;
    launch(probe_spec({"--wait", "--fork"}), std::move(pair.server));
    run_until(What::started);
    (void)read_report(pair.client.get());
    supervisor.end(service);
    run_until(What::exited);
    CHECK(WTERMSIG(observer.last(What::exited).number) == SIGTERM);
    CHECK(read_all(pair.client.get()).empty());
    run_until(What::unknown_exited);
    CHECK(WTERMSIG(observer.last(What::unknown_exited).number) == SIGKILL);
}

TEST_CASE_METHOD(Adopting, "a server that exits in its time leaves its group alone")
{
    SocketPair pair;
    launch(probe_spec({"--fork"}), std::move(pair.server));
    run_until(What::exited);
    const ProbeReport report(read_report(pair.client.get()));
    CHECK_FALSE(is_readable(pair.client.get()));
    CHECK(::kill(std::stoi(report.one("child")), SIGKILL) == 0);
    CHECK(read_all(pair.client.get()).empty());
    run_until(What::unknown_exited);
    CHECK(WTERMSIG(observer.last(What::unknown_exited).number) == SIGKILL);
}

TEST_CASE_METHOD(HandlerHarness, "killing a service kills each of its servers, group or process")
{
    SocketPair first;
    SocketPair second;
    const auto spec = probe_spec({"--wait"});
    launch(spec, std::move(first.server));
    launch(spec, std::move(second.server));
    SECTION("running")
    {
        run_until(What::started, 2);
    }
    SECTION("starting") {}
    const auto reach = GENERATE(Reach::process, Reach::group);
    CHECK(supervisor.kill_all(service, SIGKILL, reach) == 2);
    run_until(What::exited, 2);
    CHECK(WTERMSIG(observer.last(What::exited).number) == SIGKILL);
    CHECK(supervisor.count() == 0);
}

TEST_CASE_METHOD(HandlerHarness, "a child that nobody asked for is told as unknown")
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
        ::_exit(9);
    run_until(What::unknown_exited);
    CHECK(observer.told.front().pid == child);
    CHECK(WEXITSTATUS(observer.told.front().number) == 9);
}

TEST_CASE("children that have exited before the reaper was made are reaped")
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
        ::_exit(0);
    siginfo_t seen{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &seen, WEXITED | WNOWAIT) == 0);
    HandlerHarness harness;
    harness.run_until(What::unknown_exited);
    CHECK(harness.observer.told.front().pid == child);
}

TEST_CASE_METHOD(HandlerHarness, "however many children exit at once, none is left")
{
    constexpr std::size_t children = 300; // more than the reaper takes in a turn
    for (std::size_t i = 0; i < children; ++i) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0)
            ::_exit(0);
    }
    run_until(What::unknown_exited, children);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

} // namespace usherd::daemon
