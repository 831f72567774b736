// SPDX-License-Identifier: BSD-2-Clause
//
// The table of servers against a launcher that only keeps requests: who is told what, in which
// order, whatever the order in which reports and exits come. No process has these pids.

#include <csignal>
#include <functional>
#include <vector>

#include "daemon/supervisor.h"
#include "tests/support/catch.h"
#include "tests/unit/daemon/handler_harness.h"

using namespace std::chrono_literals;

namespace usherd::daemon {

namespace {

using What = Told::What;

class KeptRequests final : public Launcher {
public:
    using Hearing = std::function<void(pid_t)>;
    KeptRequests(std::vector<LaunchRequest>& requests, const Hearing& hearing)
        : requests_(requests), hearing_(hearing)
    {
    }
    void submit(LaunchRequest request) noexcept override
    {
        requests_.push_back(std::move(request));
    }
    [[nodiscard]] std::size_t pending() const noexcept override { return requests_.size(); }
    void on_exited(pid_t pid) noexcept override { hearing_(pid); }
    void look() noexcept override {}

private:
    std::vector<LaunchRequest>& requests_;
    const Hearing& hearing_;
};

constexpr ServiceKey one{1};
constexpr ServiceKey other{2};
// Above every pid that Linux gives: a signal reaches nobody.
constexpr pid_t pid_a = 5'000'001;
constexpr pid_t pid_b = 5'000'002;

class Table {
public:
    LaunchTicket launch(ServiceKey service = one)
    {
        ServerStart start;
        start.service = service;
        start.spec = std::make_shared<config::ServiceSpec>(spec);
        start.slot.emplace(counter.take(std::nullopt));
        supervisor.launch(std::move(start));
        return requests.back().ticket;
    }
    void report(LaunchTicket ticket, pid_t pid, core::SpawnFailure failure = {})
    {
        LaunchReport report;
        report.ticket = ticket;
        report.pid = pid;
        report.failure = failure;
        report.started_at = std::chrono::steady_clock::now();
        supervisor.on_launched(std::move(report));
    }
    void exit(pid_t pid, int wait_status = 0) { supervisor.on_child_exited(pid, wait_status, {}); }

    config::ServiceSpec spec;
    access::SourceCounter counter;
    std::vector<LaunchRequest> requests;
    std::vector<pid_t> heard; ///< by the launcher
    KeptRequests::Hearing hearing = [this](pid_t pid) { heard.push_back(pid); };
    sys::GuardedLoop guarded;
    RecordingObserver observer;
    Supervisor supervisor{guarded.loop, observer, [this](ReportReceiver&) {
                              return std::make_unique<KeptRequests>(requests, hearing);
                          }};
};

} // namespace

TEST_CASE_METHOD(Table, "a server is told started, then exited, and then gives its slot back")
{
    const auto ticket = launch();
    CHECK(observer.told.empty());
    report(ticket, pid_a);
    CHECK(observer.told == std::vector<Told>{{What::started, pid_a, 0, {}}});
    CHECK(counter.running() == 1);
    exit(pid_a, SIGKILL);
    CHECK(observer.told.back() == Told{What::exited, pid_a, SIGKILL, {}});
    CHECK(counter.running() == 0);
    CHECK(supervisor.count() == 0);
}

TEST_CASE_METHOD(Table, "an exit that comes before the report waits for it")
{
    const auto a = launch();
    const auto b = launch();
    exit(pid_b, 256);
    exit(pid_a);
    CHECK(observer.told.empty());
    CHECK(supervisor.count() == 2);
    report(a, pid_a);
    CHECK(observer.told ==
          std::vector<Told>{{What::started, pid_a, 0, {}}, {What::exited, pid_a, 0, {}}});
    report(b, pid_b);
    CHECK(observer.told.size() == 4);
    CHECK(observer.told.back() == Told{What::exited, pid_b, 256, {}});
    CHECK(supervisor.count() == 0);
    CHECK(counter.running() == 0);
}

TEST_CASE_METHOD(Table, "a pid that is used again belongs to the later start")
{
    const auto a = launch();
    report(a, pid_a);
    exit(pid_a, 1);
    const auto b = launch();
    exit(pid_a, 2);
    report(b, pid_a);
    CHECK(observer.told.back() == Told{What::exited, pid_a, 2, {}});
    CHECK(observer.count(What::unknown_exited) == 0);
}

TEST_CASE_METHOD(Table, "a child that no start has made is unknown")
{
    SECTION("at once, while nothing is starting")
    {
        exit(pid_a, 3);
        CHECK(observer.told == std::vector<Told>{{What::unknown_exited, pid_a, 3, {}}});
    }
    SECTION("once the starts that could have made it are reported, however many follow")
    {
        const auto first = launch();
        exit(pid_a, 3);
        const auto second = launch();
        CHECK(observer.told.empty());
        report(first, pid_b);
        CHECK(observer.told.back() == Told{What::unknown_exited, pid_a, 3, {}});
        report(second, pid_b + 1);
        CHECK(observer.count(What::unknown_exited) == 1);
    }
    SECTION("also when reports come out of order")
    {
        const auto first = launch();
        const auto second = launch();
        exit(pid_a, 3);
        report(second, pid_b);
        CHECK(observer.count(What::unknown_exited) == 0);
        report(first, pid_b + 1);
        CHECK(observer.count(What::unknown_exited) == 1);
    }
}

TEST_CASE_METHOD(Table, "a failed start is told with its step, and its exit afterwards")
{
    const auto ticket = launch();
    SECTION("report first")
    {
        report(ticket, pid_a, {core::SpawnStage::exec, ENOENT});
        exit(pid_a);
    }
    SECTION("exit first")
    {
        exit(pid_a);
        report(ticket, pid_a, {core::SpawnStage::exec, ENOENT});
    }
    CHECK(observer.told ==
          std::vector<Told>{{What::start_failed, pid_a, ENOENT, {}}, {What::exited, pid_a, 0, {}}});
    CHECK(observer.told.front().failure.stage == core::SpawnStage::exec);
}

TEST_CASE_METHOD(Table, "servers are found by service and by pid")
{
    const auto a = launch(one);
    launch(other);
    const auto c = launch(one);
    report(c, pid_b);
    report(a, pid_a);
    CHECK(supervisor.count() == 3);
    CHECK(supervisor.count(one) == 2);
    CHECK(supervisor.count(other) == 1);
    CHECK(supervisor.count(ServiceKey{3}) == 0);
    CHECK(supervisor.services().size() == 2);
    CHECK(supervisor.servers_of(one).front().pid == pid_a);
    CHECK(supervisor.servers_of(one).back().pid == pid_b);
    CHECK(supervisor.servers_of(other).front().pid == -1);
    REQUIRE(supervisor.find(pid_b) != nullptr);
    CHECK(supervisor.find(pid_b)->ticket == c);
    CHECK(supervisor.find(pid_b + 1) == nullptr);
    exit(pid_a);
    CHECK(supervisor.count(one) == 1);
    CHECK(supervisor.find(pid_a) == nullptr);
}

TEST_CASE_METHOD(Table, "a signal for a server that is starting waits for its pid")
{
    const auto ticket = launch();
    CHECK(supervisor.kill_all(one, SIGTERM, Reach::process) == 1);
    CHECK(supervisor.servers_of(one).front().pending_signal == SIGTERM);
    CHECK(supervisor.kill_all(one, SIGKILL, Reach::group) == 1);
    CHECK(supervisor.kill_all(one, SIGTERM, Reach::process) == 1);
    CHECK(supervisor.servers_of(one).front().pending_signal == SIGKILL);
    CHECK(supervisor.kill_all(other, SIGTERM, Reach::process) == 0);
    report(ticket, pid_a);
    CHECK(supervisor.servers_of(one).front().pending_signal == 0);
}

TEST_CASE_METHOD(Table, "signals for unknown pids are refused")
{
    CHECK_FALSE(supervisor.kill(pid_a, SIGTERM, Reach::process));
    CHECK_FALSE(supervisor.end(pid_a));
    report(launch(), pid_a);
    CHECK(supervisor.kill(pid_a, SIGTERM, Reach::process));
    CHECK(supervisor.end(pid_a));
}

TEST_CASE_METHOD(Table, "a server past its max_runtime gets TERM, and KILL after kill_grace")
{
    spec.max_runtime = 0s;
    spec.kill_grace = 0s;
    report(launch(), pid_a);
    observer.on_change = [this] {
        if (observer.count(What::signalled) == 2)
            guarded.loop.stop();
    };
    guarded.run();
    CHECK(observer.told == std::vector<Told>{{What::started, pid_a, 0, {}},
                                             {What::signalled, pid_a, SIGTERM, {}},
                                             {What::signalled, pid_a, SIGKILL, {}}});
    CHECK_FALSE(supervisor.find(pid_a)->deadline);
}

TEST_CASE_METHOD(Table, "the deadline of a server that has exited concerns nobody")
{
    spec.max_runtime = 0s;
    report(launch(), pid_a);
    exit(pid_a);
    guarded.run_for(5ms);
    CHECK(observer.count(What::signalled) == 0);
}

TEST_CASE_METHOD(Table, "deadlines come in their order, not in that of the starts")
{
    spec.max_runtime = 3600s;
    report(launch(), pid_a);
    spec.max_runtime = 0s;
    spec.kill_grace = 3600s;
    report(launch(), pid_b);
    observer.on_change = [this] { guarded.loop.stop(); };
    guarded.run();
    CHECK(observer.last(What::signalled).pid == pid_b);
    CHECK(observer.count(What::signalled) == 1);
    CHECK(supervisor.find(pid_a)->deadline);
}

TEST_CASE_METHOD(Table, "ending a server that is starting ends it once it runs")
{
    const auto ticket = launch();
    supervisor.end(one);
    CHECK(supervisor.servers_of(one).front().terminating);
    CHECK_FALSE(supervisor.servers_of(one).front().deadline);
    report(ticket, pid_a);
    CHECK(supervisor.find(pid_a)->deadline);
}

TEST_CASE_METHOD(Table, "an observer may start the next server when one exits")
{
    report(launch(), pid_a);
    observer.on_change = [this] {
        observer.on_change = [] {};
        launch();
    };
    exit(pid_a);
    CHECK(supervisor.count() == 1);
    CHECK(requests.size() == 2);
}

TEST_CASE_METHOD(Table,
                 "the launcher hears once of an exit, whether it has reported the start or not")
{
    const auto ticket = launch();
    SECTION("reported before")
    {
        report(ticket, pid_a);
    }
    SECTION("reported because of it")
    {
        hearing = [&](pid_t pid) {
            heard.push_back(pid);
            report(ticket, pid);
        };
    }
    exit(pid_a);
    CHECK(heard == std::vector<pid_t>{pid_a});
    CHECK(observer.told.size() == 2);
    CHECK(supervisor.count() == 0);
}

} // namespace usherd::daemon
