// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/supervisor.h"

#include <algorithm>
#include <cassert>
#include <csignal>

namespace usherd::daemon {

namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

/// When `moment` was, by the clock on the wall.
system_clock::time_point on_clock(steady_clock::time_point moment)
{
    return system_clock::now() -
           std::chrono::duration_cast<system_clock::duration>(steady_clock::now() - moment);
}

} // namespace

Supervisor::Supervisor(sys::EventLoop& loop, ServerObserver& observer,
                       const LauncherFactory& make_launcher)
    : observer_(observer), timer_(loop, sys::bind<&Supervisor::on_deadline>(*this)),
      launcher_(make_launcher(*this))
{
}

Supervisor::~Supervisor() = default;

Supervisor::Servers::iterator Supervisor::enter(ServerStart& start) noexcept
{
    const LaunchTicket ticket{++last_ticket_};
    Servers& servers = services_[start.service];
    RunningServer& server = servers.emplace_back();
    server.ticket = ticket;
    server.service = start.service;
    server.spec = std::move(start.spec);
    if (start.slot)
        server.slot.emplace(std::move(*start.slot));
    server.peer = start.peer;
    server.accepted_at = start.accepted_at;
    server.borrowed = start.borrowed;
    server.attempts = start.attempts;
    server.user = std::move(start.user);
    const auto entered = std::prev(servers.end());
    by_ticket_.emplace(ticket, entered);
    return entered;
}

void Supervisor::launch(ServerStart start) noexcept
{
    const LaunchTicket ticket = enter(start)->ticket;
    unreported_.push_back(ticket);
    launcher_->submit({ticket, std::move(start.plan), std::move(start.connection), start.borrowed,
                       std::move(start.stderr_fd)});
}

void Supervisor::catch_up() noexcept
{
    if (!unreported_.empty())
        launcher_->look();
}

void Supervisor::adopt(ServerStart start, pid_t pid) noexcept
{
    const Servers::iterator server = enter(start);
    server->pid = pid;
    server->started_at = steady_clock::now();
    server->started_on_clock = system_clock::now();
    by_pid_.emplace(pid, server);
    welcome(server);
}

void Supervisor::on_launched(LaunchReport report) noexcept
{
    const auto found = by_ticket_.find(report.ticket);
    assert(found != by_ticket_.end());
    const Servers::iterator server = found->second;
    if (report.pid < 0)
        give_back(server, report);
    else
        take_report(server, report);
    report_unknown_exits();
}

void Supervisor::give_back(Servers::iterator server, LaunchReport& report) noexcept
{
    assert(report.request);
    LaunchRequest& request = *report.request;
    Servers gone = take_out(server);
    RunningServer& never = gone.front();
    ServerStart start{.service = never.service,
                      .spec = std::move(never.spec),
                      .plan = std::move(request.plan),
                      .slot = std::move(never.slot),
                      .peer = never.peer,
                      .accepted_at = never.accepted_at,
                      .connection = std::move(request.connection),
                      .borrowed = request.borrowed,
                      .stderr_fd = std::move(request.stderr_fd),
                      .attempts = never.attempts,
                      .user = std::move(never.user)};
    observer_.on_not_started(std::move(start), report.failure.error_number);
}

void Supervisor::take_report(Servers::iterator server, LaunchReport& report) noexcept
{
    server->pid = report.pid;
    server->failure = report.failure;
    server->started_at = report.started_at;
    server->started_on_clock = on_clock(report.started_at);
    if (const auto exit = take_early_exit(report.pid)) {
        // Out of the table first: nobody may signal a pid that can be somebody else's by now.
        Servers gone = take_out(server);
        if (report.failure.stage == core::SpawnStage::none)
            observer_.on_started(gone.front());
        else
            observer_.on_start_failed(gone.front());
        observer_.on_exited(std::move(gone.front()), exit->wait_status, exit->usage);
        return;
    }
    by_pid_.emplace(report.pid, server);
    welcome(server);
}

/// A server that lives, or is about to exit because its start has failed.
void Supervisor::welcome(Servers::iterator server) noexcept
{
    const auto now = steady_clock::now();
    if (server->pending_signal != 0)
        send(*server, std::exchange(server->pending_signal, 0), server->pending_reach);
    if (server->terminating)
        set_deadline(*server, now + server->spec->kill_grace);
    else if (server->spec->max_runtime)
        set_deadline(*server, server->started_at + *server->spec->max_runtime);
    if (server->failure.stage == core::SpawnStage::none)
        observer_.on_started(*server);
    else
        observer_.on_start_failed(*server);
}

void Supervisor::on_child_exited(pid_t pid, int wait_status, const rusage& usage) noexcept
{
    auto found = by_pid_.find(pid);
    const bool was_reported = found != by_pid_.end();
    if (!was_reported && !unreported_.empty()) {
        launcher_->on_exited(pid);
        found = by_pid_.find(pid);
    }
    if (found != by_pid_.end()) {
        finish(found->second, wait_status, usage);
        if (was_reported)
            launcher_->on_exited(pid); // others may wait for that
    } else if (unreported_.empty())
        observer_.on_unknown_exited(pid, wait_status);
    else
        early_exits_.push_back({pid, wait_status, usage, last_ticket_});
}

void Supervisor::finish(Servers::iterator server, int wait_status, const rusage& usage) noexcept
{
    // The number cannot belong to anybody else while members of the group remain.
    if (server->terminating)
        ::kill(-server->pid, SIGKILL);
    Servers gone = take_out(server);
    observer_.on_exited(std::move(gone.front()), wait_status, usage);
}

Supervisor::Servers Supervisor::take_out(Servers::iterator server) noexcept
{
    set_deadline(*server, std::nullopt);
    by_ticket_.erase(server->ticket);
    if (server->pid >= 0)
        by_pid_.erase(server->pid);
    const auto service = services_.find(server->service);
    Servers gone;
    gone.splice(gone.end(), service->second, server);
    if (service->second.empty())
        services_.erase(service);
    return gone;
}

std::optional<Supervisor::EarlyExit> Supervisor::take_early_exit(pid_t pid) noexcept
{
    // Few: those that exited after the oldest start that has not been reported.
    const auto found = std::find_if(early_exits_.begin(), early_exits_.end(),
                                    [pid](const EarlyExit& exit) { return exit.pid == pid; });
    if (found == early_exits_.end())
        return std::nullopt;
    const EarlyExit exit = *found;
    early_exits_.erase(found);
    return exit;
}

void Supervisor::report_unknown_exits() noexcept
{
    const auto is_reported = [this](LaunchTicket ticket) {
        const auto found = by_ticket_.find(ticket);
        return found == by_ticket_.end() || found->second->pid >= 0;
    };
    while (!unreported_.empty() && is_reported(unreported_.front()))
        unreported_.pop_front();
    while (!early_exits_.empty() &&
           (unreported_.empty() ||
            static_cast<std::uint64_t>(unreported_.front()) > early_exits_.front().last_ticket)) {
        const EarlyExit exit = early_exits_.front();
        early_exits_.pop_front();
        observer_.on_unknown_exited(exit.pid, exit.wait_status);
    }
}

std::size_t Supervisor::count() const noexcept
{
    return by_ticket_.size();
}

std::size_t Supervisor::starting() const noexcept
{
    return launcher_->pending();
}

std::size_t Supervisor::count(ServiceKey service) const noexcept
{
    return servers_of(service).size();
}

const Supervisor::Servers& Supervisor::servers_of(ServiceKey service) const noexcept
{
    static const Servers none;
    const auto found = services_.find(service);
    return found == services_.end() ? none : found->second;
}

std::vector<ServiceKey> Supervisor::services() const
{
    std::vector<ServiceKey> keys;
    keys.reserve(services_.size());
    for (const auto& [key, servers] : services_)
        keys.push_back(key);
    return keys;
}

const RunningServer* Supervisor::find(pid_t pid) const noexcept
{
    const auto found = by_pid_.find(pid);
    return found == by_pid_.end() ? nullptr : &*found->second;
}

void Supervisor::send(RunningServer& server, int signal, Reach reach) noexcept
{
    if (server.pid >= 0) {
        ::kill(reach == Reach::group ? -server.pid : server.pid, signal);
        return;
    }
    if (server.pending_signal == SIGKILL)
        return; // nothing would come after it
    server.pending_signal = signal;
    server.pending_reach = reach;
}

std::size_t Supervisor::kill_all(ServiceKey service, int signal, Reach reach) noexcept
{
    const auto found = services_.find(service);
    if (found == services_.end())
        return 0;
    for (RunningServer& server : found->second)
        send(server, signal, reach);
    return found->second.size();
}

bool Supervisor::kill(pid_t pid, int signal, Reach reach) noexcept
{
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end())
        return false;
    send(*found->second, signal, reach);
    return true;
}

void Supervisor::terminate(RunningServer& server) noexcept
{
    if (std::exchange(server.terminating, true))
        return;
    send(server, SIGTERM, Reach::group);
    if (server.pid >= 0)
        set_deadline(server, steady_clock::now() + server.spec->kill_grace);
}

void Supervisor::end(ServiceKey service) noexcept
{
    const auto found = services_.find(service);
    if (found == services_.end())
        return;
    for (RunningServer& server : found->second)
        terminate(server);
}

void Supervisor::end_all() noexcept
{
    for (auto& [key, servers] : services_)
        for (RunningServer& server : servers)
            terminate(server);
}

bool Supervisor::end(pid_t pid) noexcept
{
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end())
        return false;
    terminate(*found->second);
    return true;
}

void Supervisor::set_deadline(RunningServer& server, std::optional<SteadyTime> at) noexcept
{
    if (server.deadline)
        deadlines_.erase({*server.deadline, server.ticket});
    server.deadline = at;
    if (!at)
        return;
    deadlines_.emplace(*at, server.ticket);
    arm_timer();
}

/// One timer for all; it may fire for a server that has exited since, which is cheaper than setting
/// it anew at each exit.
void Supervisor::arm_timer() noexcept
{
    const SteadyTime first = deadlines_.begin()->first;
    if (first >= armed_for_)
        return;
    armed_for_ = first;
    const auto left = std::chrono::ceil<std::chrono::microseconds>(first - steady_clock::now());
    timer_.start(std::max(left, std::chrono::microseconds{0}));
}

void Supervisor::on_deadline() noexcept
{
    armed_for_ = SteadyTime::max();
    const auto now = steady_clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        RunningServer& server = *by_ticket_.at(deadlines_.begin()->second);
        set_deadline(server, std::nullopt);
        if (!server.terminating) {
            terminate(server);
            observer_.on_signalled(server, SIGTERM);
        } else {
            send(server, SIGKILL, Reach::group);
            observer_.on_signalled(server, SIGKILL);
        }
    }
    if (!deadlines_.empty())
        arm_timer();
}

} // namespace usherd::daemon
