// SPDX-License-Identifier: BSD-2-Clause
//
// The one table of servers. An entry is made when a start is asked for and lives until both the
// launcher's report and the exit status are in, in whichever order they come: a quick server can
// be reaped before its worker's answer is read. Ends servers whose time is up: TERM, then KILL.
// Decides nothing about clients and writes no log: it tells the ServerObserver.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <sys/resource.h>
#include <sys/types.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access-control/ip_address.h"
#include "access-control/source_counter.h"
#include "config-parser/service_spec.h"
#include "daemon/core/spawn_plan.h"
#include "daemon/launcher.h"
#include "daemon/reaper.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// One service through all reloads that keep it; the daemon numbers them. Ids are not unique.
enum class ServiceKey : std::uint64_t {};

/// What it takes to start a server.
struct ServerStart {
    ServiceKey service{};
    std::shared_ptr<const config::ServiceSpec> spec;
    core::SpawnPlan plan;
    std::optional<access::Slot> slot;
    std::optional<access::Peer> peer;
    std::chrono::steady_clock::time_point accepted_at{}; ///< when the client came
    sys::UniqueFd connection; ///< becomes the server's; closed here once it has it
    int borrowed = -1;       ///< socket of a wait service instead; open until the start is reported
    sys::UniqueFd stderr_fd; ///< with stderr = log | null
    int attempts = 0;        ///< at making a process, before this one
    config::RareText user;   ///< the client, as his ident server says; for the record
};

/// Whom a signal reaches: xinetd signals the process; a handler leads a process group of its own.
enum class Reach : std::uint8_t { process, group };

/// From the start being asked for until the exit has been observed.
struct RunningServer {
    LaunchTicket ticket{};
    ServiceKey service{};
    std::shared_ptr<const config::ServiceSpec> spec; ///< the one it was started with
    std::optional<access::Slot> slot;
    std::optional<access::Peer> peer;
    int borrowed = -1;     ///< as in ServerStart: which socket it holds
    int attempts = 0;      ///< as in ServerStart
    config::RareText user; ///< as in ServerStart
    pid_t pid = -1;        ///< -1 while starting; afterwards its session and process group too
    std::chrono::steady_clock::time_point accepted_at; ///< as in ServerStart
    std::chrono::steady_clock::time_point started_at;
    std::chrono::system_clock::time_point started_on_clock; ///< for log and status
    core::SpawnFailure failure; ///< stage none, or the step after which it exits without exec
    int pending_signal = 0;     ///< to be sent once there is a pid
    Reach pending_reach = Reach::process;
    bool terminating = false; ///< by end(), end_all() or max_runtime; KILL is next
    std::optional<std::chrono::steady_clock::time_point> deadline; ///< of the next TERM or KILL
};

/// Calls come in the loop's thread, never from within launch(). For each start: either
/// on_not_started, or one of on_started and on_start_failed and then on_exited.
/// Any of them may call the supervisor; `server` is then the callback's to read until it does.
class ServerObserver {
public:
    virtual ~ServerObserver() = default;
    /// The handler's exec has succeeded.
    virtual void on_started(const RunningServer& server) noexcept = 0;
    /// There was a process, and it fails at `server.failure`; its exit status (0 for exec, else 1)
    /// comes in on_exited.
    virtual void on_start_failed(const RunningServer& server) noexcept = 0;
    /// No process could be made (EAGAIN, ENOMEM): everything comes back for another attempt.
    virtual void on_not_started(ServerStart start, int error_number) noexcept = 0;
    /// `server` has left the table. Its slot is given back when the callback drops or moves it, at
    /// the latest when it returns.
    virtual void on_exited(RunningServer&& server, int wait_status,
                           const rusage& usage) noexcept = 0;
    /// A child that no start has made.
    virtual void on_unknown_exited(pid_t pid, int wait_status) noexcept = 0;
    /// The supervisor itself has signalled a process group, because of max_runtime or kill_grace.
    virtual void on_signalled(const RunningServer& server, int signal) noexcept = 0;
};

class Supervisor final : public ReportReceiver, public ExitReceiver {
public:
    using Servers = std::list<RunningServer>;
    using LauncherFactory = std::function<std::unique_ptr<Launcher>(ReportReceiver&)>;

    /// @param observer outlives the supervisor.
    /// @param make_launcher called once, here; tests record requests with theirs.
    Supervisor(sys::EventLoop& loop, ServerObserver& observer,
               const LauncherFactory& make_launcher);
    ~Supervisor() override;
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    void launch(ServerStart start) noexcept;
    /// Hears now, from within, of starts that are over and have not been reported: so that what is
    /// told next is how things are.
    void catch_up() noexcept;
    /// A child that was made elsewhere and serves a client: from now on a server like the others.
    /// It leads a process group. Its exit is not reported from within.
    /// @param start without plan and connection
    void adopt(ServerStart start, pid_t pid) noexcept;

    /// Servers in the table, those that are starting included.
    [[nodiscard]] std::size_t count() const noexcept;
    [[nodiscard]] std::size_t count(ServiceKey service) const noexcept;
    /// Of those, how many have not been reported yet: there is no START of them.
    [[nodiscard]] std::size_t starting() const noexcept;
    /// Servers of one service, oldest first; `pid` is -1 for those that are starting. Valid until
    /// the loop runs on or a server is launched.
    [[nodiscard]] const Servers& servers_of(ServiceKey service) const noexcept;
    /// The services that have servers.
    [[nodiscard]] std::vector<ServiceKey> services() const;
    /// nullptr if no server has this pid.
    [[nodiscard]] const RunningServer* find(pid_t pid) const noexcept;

    /// Sends `signal` to each server of a service; one that is starting gets it as soon as it has
    /// a pid. @return how many that is. Cost: the servers of this service.
    std::size_t kill_all(ServiceKey service, int signal, Reach reach) noexcept;
    /// @return false if no server has this pid.
    bool kill(pid_t pid, int signal, Reach reach) noexcept;
    /// TERM to the group of each server of the service now, KILL after its kill_grace; what is left
    /// of a group is killed when its leader has exited.
    void end(ServiceKey service) noexcept;
    void end_all() noexcept;
    /// As end(), for one server. @return false if no server has this pid.
    bool end(pid_t pid) noexcept;

    void on_launched(LaunchReport report) noexcept override;
    void on_child_exited(pid_t pid, int wait_status, const rusage& usage) noexcept override;

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    /// Of a pid that no report has named yet.
    struct EarlyExit {
        pid_t pid;
        int wait_status;
        rusage usage;
        std::uint64_t last_ticket; ///< a start that was asked for later did not make this pid
    };

    [[nodiscard]] Servers::iterator enter(ServerStart& start) noexcept;
    void take_report(Servers::iterator server, LaunchReport& report) noexcept;
    void give_back(Servers::iterator server, LaunchReport& report) noexcept;
    void welcome(Servers::iterator server) noexcept;
    void finish(Servers::iterator server, int wait_status, const rusage& usage) noexcept;
    [[nodiscard]] Servers take_out(Servers::iterator server) noexcept;
    [[nodiscard]] std::optional<EarlyExit> take_early_exit(pid_t pid) noexcept;
    void report_unknown_exits() noexcept;
    static void send(RunningServer& server, int signal, Reach reach) noexcept;
    void terminate(RunningServer& server) noexcept;
    void set_deadline(RunningServer& server, std::optional<SteadyTime> at) noexcept;
    void arm_timer() noexcept;
    void on_deadline() noexcept;

    ServerObserver& observer_;
    std::uint64_t last_ticket_ = 0;
    std::unordered_map<ServiceKey, Servers> services_;
    std::unordered_map<LaunchTicket, Servers::iterator> by_ticket_; ///< all of them
    std::unordered_map<pid_t, Servers::iterator> by_pid_;           ///< those with a pid
    /// In the order of asking; those that have been reported since go when they come to the front.
    std::deque<LaunchTicket> unreported_;
    std::deque<EarlyExit> early_exits_; ///< empty when `unreported_` is
    std::set<std::pair<SteadyTime, LaunchTicket>> deadlines_;
    SteadyTime armed_for_ = SteadyTime::max();
    sys::Timer timer_;
    std::unique_ptr<Launcher> launcher_; ///< last: its destructor joins the workers
};

} // namespace usherd::daemon
