// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/daemon/handler_harness.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace usherd::daemon {

namespace {

/// A copy of the probe that every user can reach: the build may lie in somebody's home.
class ReachableProbe {
public:
    ReachableProbe()
    {
        std::string name = std::filesystem::temp_directory_path() / "usherd-probe-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
        std::filesystem::permissions(directory_, std::filesystem::perms{0755});
        std::filesystem::copy_file(USHERD_PROBE, path());
    }
    ~ReachableProbe()
    {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    ReachableProbe(const ReachableProbe&) = delete;
    ReachableProbe& operator=(const ReachableProbe&) = delete;

    [[nodiscard]] std::string path() const { return directory_ / "usherd-probe"; }

private:
    std::filesystem::path directory_;
};

} // namespace

void RecordingObserver::on_started(const RunningServer& server) noexcept
{
    add({Told::What::started, server.pid, 0, server.failure});
}

void RecordingObserver::on_start_failed(const RunningServer& server) noexcept
{
    add({Told::What::start_failed, server.pid, server.failure.error_number, server.failure});
}

void RecordingObserver::on_not_started(ServerStart start, int error_number) noexcept
{
    given_back.push_back(std::move(start));
    add({Told::What::not_started, -1, error_number, {}});
}

void RecordingObserver::on_exited(RunningServer&& server, int wait_status, const rusage&) noexcept
{
    add({Told::What::exited, server.pid, wait_status, server.failure});
}

void RecordingObserver::on_unknown_exited(pid_t pid, int wait_status) noexcept
{
    add({Told::What::unknown_exited, pid, wait_status, {}});
}

void RecordingObserver::on_signalled(const RunningServer& server, int signal) noexcept
{
    add({Told::What::signalled, server.pid, signal, {}});
}

void RecordingObserver::add(Told told_now) noexcept
{
    told.push_back(told_now);
    const auto change = on_change; // it may set another
    change();
}

std::size_t RecordingObserver::count(Told::What what) const
{
    return static_cast<std::size_t>(
        std::count_if(told.begin(), told.end(), [what](const Told& t) { return t.what == what; }));
}

const Told& RecordingObserver::last(Told::What what) const
{
    const auto found =
        std::find_if(told.rbegin(), told.rend(), [what](const Told& t) { return t.what == what; });
    REQUIRE(found != told.rend());
    return *found;
}

ProbeReport::ProbeReport(const std::string& text)
{
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines_.push_back(line);
}

std::vector<std::string> ProbeReport::all(const std::string& name) const
{
    std::vector<std::string> values;
    for (const std::string& line : lines_)
        if (line.starts_with(name + ": "))
            values.push_back(line.substr(name.size() + 2));
    return values;
}

std::string ProbeReport::one(const std::string& name) const
{
    const auto values = all(name);
    INFO("looking for '" << name << "'");
    REQUIRE(values.size() == 1);
    return values.front();
}

std::vector<std::string> ProbeReport::descriptors() const
{
    std::vector<std::string> values;
    for (const std::string& line : lines_)
        if (line.starts_with("fd "))
            values.push_back(line.substr(3));
    return values;
}

SocketPair::SocketPair()
{
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    server.reset(pair[0]);
    client.reset(pair[1]);
    REQUIRE(::fcntl(server.get(), F_SETFL, O_RDWR | O_NONBLOCK) == 0);
    const timeval patience{20, 0};
    REQUIRE(::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
}

std::string read_all(int fd)
{
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR)
            continue;
        REQUIRE(count >= 0);
        if (count == 0)
            return text;
        text.append(buffer, static_cast<std::size_t>(count));
    }
}

HandlerHarness::HandlerHarness() : HandlerHarness(GENERATE(0U, 1U)) {}

HandlerHarness::HandlerHarness(unsigned workers)
    : supervisor(guarded.loop, observer,
                 [this, workers](ReportReceiver& receiver) {
                     return make_launcher(guarded.loop, workers, receiver);
                 }),
      reaper(guarded.loop, supervisor)
{
}

config::ServiceSpec HandlerHarness::probe_spec(std::vector<std::string> arguments)
{
    config::ServiceSpec spec;
    spec.id = "probe";
    static const ReachableProbe probe;
    spec.process->server = probe.path();
    spec.process->argv = {"usherd-probe"};
    spec.process->argv.insert(spec.process->argv.end(), arguments.begin(), arguments.end());
    return spec;
}

ServerStart HandlerHarness::start_for(const config::ServiceSpec& spec)
{
    const core::DaemonTraits traits{.is_root = ::geteuid() == 0,
                                    .environment = {"FROM=daemon"},
                                    .umask = 022,
                                    .open_files_hard = 512};
    ServerStart start;
    start.service = service;
    start.spec = std::make_shared<config::ServiceSpec>(spec);
    start.plan = {core::make_template(spec, traits), core::connection_environment({})};
    return start;
}

void HandlerHarness::launch(const config::ServiceSpec& spec, sys::UniqueFd connection)
{
    ServerStart start = start_for(spec);
    start.connection = std::move(connection);
    supervisor.launch(std::move(start));
}

void HandlerHarness::run_until(Told::What what, std::size_t count)
{
    if (observer.count(what) >= count)
        return;
    observer.on_change = [this, what, count] {
        if (observer.count(what) >= count)
            guarded.loop.stop();
    };
    guarded.run();
    observer.on_change = [] {};
}

ProbeReport HandlerHarness::probe(const config::ServiceSpec& spec)
{
    SocketPair pair;
    launch(spec, std::move(pair.server));
    run_until(Told::What::exited);
    return ProbeReport(read_all(pair.client.get()));
}

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace usherd::daemon
