// SPDX-License-Identifier: BSD-2-Clause
//
// Starts that fail, starts in numbers, starts that nobody waits for.

#include <cerrno>
#include <csignal>
#include <ctime>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/launcher.h"
#include "tests/support/catch.h"
#include "tests/unit/daemon/handler_harness.h"

namespace usherd::daemon {

namespace {

/// No process can be made in its lifetime, by a user who is not root.
class NoProcesses {
public:
    NoProcesses()
    {
        ::getrlimit(RLIMIT_NPROC, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_NPROC, &none);
        if (was_root_)
            REQUIRE(::setresuid(65534, 65534, 0) == 0);
    }
    ~NoProcesses()
    {
        if (was_root_ && ::setresuid(0, 0, 0) != 0)
            std::abort();
        ::setrlimit(RLIMIT_NPROC, &before_);
    }
    NoProcesses(const NoProcesses&) = delete;
    NoProcesses& operator=(const NoProcesses&) = delete;

private:
    bool was_root_ = ::geteuid() == 0;
    rlimit before_{};
};

} // namespace

TEST_CASE_METHOD(HandlerHarness, "a server that cannot be executed is told with step and errno")
{
    auto spec = probe_spec();
    SocketPair pair;
    SECTION("missing")
    {
        spec.process->server = "/nonexistent/server";
        launch(spec, std::move(pair.server));
        run_until(Told::What::exited);
        CHECK(observer.last(Told::What::start_failed).failure.error_number == ENOENT);
    }
    SECTION("a directory")
    {
        spec.process->server = "/tmp";
        launch(spec, std::move(pair.server));
        run_until(Told::What::exited);
        CHECK(observer.last(Told::What::start_failed).failure.error_number == EACCES);
    }
    CHECK(observer.last(Told::What::start_failed).failure.stage == core::SpawnStage::exec);
    CHECK(observer.count(Told::What::started) == 0);
    // As in xinetd.
    CHECK(observer.last(Told::What::exited).number == 0);
    CHECK(observer.last(Told::What::exited).pid == observer.last(Told::What::start_failed).pid);
    CHECK(read_all(pair.client.get()).empty());
}

TEST_CASE_METHOD(HandlerHarness, "a uid that cannot be taken on ends the child with status 1")
{
    auto spec = probe_spec();
    // The kernel's "no user"; without root, any but one's own would do.
    spec.process->user = {.text = "", .uid = 0xffffffff, .gid = ::getegid()};
    SocketPair pair;
    launch(spec, std::move(pair.server));
    run_until(Told::What::exited);
    CHECK(observer.last(Told::What::start_failed).failure.stage == core::SpawnStage::user);
    CHECK(WEXITSTATUS(observer.last(Told::What::exited).number) == 1);
}

TEST_CASE_METHOD(HandlerHarness, "groups of a user without account end the child with status 1")
{
    if (::geteuid() != 0)
        return; // without root they are not asked for
    auto spec = probe_spec();
    spec.process->user = {.text = "12345", .uid = 12345, .gid = 12345};
    spec.process->groups = true;
    SocketPair pair;
    launch(spec, std::move(pair.server));
    run_until(Told::What::exited);
    CHECK(observer.last(Told::What::start_failed).failure.stage == core::SpawnStage::groups);
    CHECK(WEXITSTATUS(observer.last(Told::What::exited).number) == 1);
}

TEST_CASE_METHOD(HandlerHarness, "where no process can be made the start comes back as it was")
{
    access::SourceCounter counter;
    SocketPair pair;
    const int connection = pair.server.get();
    {
        const NoProcesses none;
        ServerStart start = start_for(probe_spec());
        start.connection = std::move(pair.server);
        start.slot.emplace(counter.take(std::nullopt));
        start.peer = access::Peer{*access::IpAddress::parse("192.0.2.1"), {}, 5};
        supervisor.launch(std::move(start));
        run_until(Told::What::not_started);
    }
    CHECK(observer.told.front().number == EAGAIN);
    CHECK(supervisor.count() == 0);
    ServerStart again = std::move(observer.given_back.front());
    CHECK(again.connection.get() == connection);
    CHECK(again.service == service);
    CHECK(again.peer->port == 5);
    CHECK(counter.running() == 1);

    supervisor.launch(std::move(again));
    run_until(Told::What::exited);
    CHECK(ProbeReport(read_all(pair.client.get())).descriptors().size() == 3);
    CHECK(counter.running() == 0);
}

TEST_CASE_METHOD(HandlerHarness, "a borrowed socket stays open in the daemon")
{
    SocketPair pair;
    auto spec = probe_spec();
    spec.wait = true;
    ServerStart start = start_for(spec);
    start.borrowed = pair.server.get();
    supervisor.launch(std::move(start));
    run_until(Told::What::exited);
    CHECK(::write(pair.server.get(), "still here", 10) == 10);
    pair.server.reset();
    CHECK(read_all(pair.client.get()).ends_with("still here"));
}

TEST_CASE("a thousand quick servers leave no zombie and no descriptor")
{
    constexpr std::size_t servers = 1000;
    constexpr std::size_t at_a_time = 20;
    const auto before = open_descriptors();
    {
        HandlerHarness harness(GENERATE(0U, 4U));
        const auto spec = HandlerHarness::probe_spec({"--quiet"});
        for (std::size_t done = 0; done < servers; done += at_a_time) {
            for (std::size_t i = 0; i < at_a_time; ++i) {
                SocketPair pair;
                harness.launch(spec, std::move(pair.server));
            }
            harness.run_until(Told::What::exited, done + at_a_time);
        }
        CHECK(harness.observer.count(Told::What::started) == servers);
        CHECK(harness.observer.count(Told::What::exited) == servers);
        CHECK(harness.observer.count(Told::What::unknown_exited) == 0);
        CHECK(harness.supervisor.count() == 0);
    }
    CHECK(open_descriptors() == before);
    errno = 0;
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE_METHOD(HandlerHarness, "the loop sleeps again when its last server has exited")
{
    (void)probe(probe_spec({"--quiet"}));
    const auto before = std::clock();
    guarded.run_for(std::chrono::milliseconds(300));
    CHECK(std::clock() - before < CLOCKS_PER_SEC / 10);
}

TEST_CASE("many open descriptors in the daemon are none of the handler's")
{
    HandlerHarness harness;
    std::vector<sys::UniqueFd> many;
    constexpr std::size_t count = 500;
    many.reserve(count);
    while (many.size() < count)
        many.emplace_back(::dup(0)); // not even close-on-exec
    CHECK(harness.probe(HandlerHarness::probe_spec()).descriptors().size() == 3);
}

TEST_CASE_METHOD(HandlerHarness, "more starts at once than there is room for all come to run")
{
    constexpr std::size_t many = std::size_t{3} * most_on_their_way;
    std::vector<sys::UniqueFd> clients;
    for (std::size_t i = 0; i < many; ++i) {
        SocketPair pair;
        auto spec = probe_spec();
        spec.process->server = "/bin/cat"; // until its client is gone
        spec.process->argv = {"cat"};
        launch(spec, std::move(pair.server));
        clients.push_back(std::move(pair.client));
    }
    run_until(Told::What::started, many);
    CHECK(supervisor.count() == many);
    CHECK(supervisor.starting() == 0);
    clients.clear();
    run_until(Told::What::exited, many);
    CHECK(supervisor.count() == 0);
}

TEST_CASE_METHOD(HandlerHarness, "the daemon lets go of a connection while its server runs")
{
    const auto before = open_descriptors();
    SocketPair pair;
    auto spec = probe_spec();
    spec.process->server = "/bin/cat";
    spec.process->argv = {"cat"};
    launch(spec, std::move(pair.server));
    run_until(Told::What::started);
    CHECK(open_descriptors() == before + 1); // the client's end
    pair.client.reset();
    run_until(Told::What::exited);
}

TEST_CASE("a launcher that goes away drops what it has not started")
{
    const auto before = open_descriptors();
    constexpr int requests = 50;
    std::vector<sys::UniqueFd> clients;
    {
        HandlerHarness harness(GENERATE(0U, 2U));
        for (int i = 0; i < requests; ++i) {
            SocketPair pair;
            harness.launch(HandlerHarness::probe_spec({"--quiet"}), std::move(pair.server));
            clients.push_back(std::move(pair.client));
        }
    }
    for (const sys::UniqueFd& client : clients)
        CHECK(read_all(client.get()).empty());
    clients.clear();
    CHECK(open_descriptors() == before);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
}

} // namespace usherd::daemon
