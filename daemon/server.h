// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon: owns the loop's objects and the services; start, reload, stop. What a service does is
// in service.h, what a reload changes in core/reload_plan.h, which files say what in config-parser.
//
// Sockets that cannot be opened are tried again a few times, a moment apart, as xinetd retries
// bind(); only then is the start or the reload over and reported.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "config-parser/load.h"
#include "daemon/activity.h"
#include "daemon/banner_sender.h"
#include "daemon/context.h"
#include "daemon/control/plan.h"
#include "daemon/control/request.h"
#include "daemon/core/reload_plan.h"
#include "daemon/core/state_dump.h"
#include "daemon/gatekeeper.h"
#include "daemon/ident.h"
#include "daemon/low_descriptors.h"
#include "daemon/options.h"
#include "daemon/reaper.h"
#include "daemon/retry_queue.h"
#include "daemon/sensor.h"
#include "daemon/service.h"
#include "daemon/sys/resolver.h"
#include "daemon/wrapper_files.h"
#include "daemon/wrappers.h"

namespace usherd::daemon {

class Server final : public ServerObserver,
                     public SessionObserver,
                     public RelayObserver,
                     public TcpmuxRouter,
                     public RpcObserver {
public:
    /// @param loop, log outlive the server. @param traits the daemon as its handlers inherit it.
    /// @param low for the spawn workers.
    Server(sys::EventLoop& loop, Log& log, const Options& options, core::DaemonTraits traits,
           PassedSockets passed, LowDescriptors low);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Logs what a load found, as severely as xinetd does.
    void report_diagnostics(const config::LoadResult& loaded);
    /// What -d prints before the start.
    [[nodiscard]] std::string configuration_text(const config::LoadResult& loaded) const;

    /// Called once when the start is over: every socket open or given up.
    /// @param available how many services.
    using Started = std::function<void(std::size_t available)>;
    void start(const config::LoadResult& loaded, Started started);
    /// Applies a new configuration, or refuses it as a whole; logs what it changes, as xinetd does.
    void reload(const config::LoadResult& loaded);
    /// `reloaded` is called whenever a reload has been carried out and its sockets are open.
    void on_reloaded(std::function<void()> reloaded) { reloaded_ = std::move(reloaded); }
    /// Takes everything of ours out of rpcbind; `done` is called when that is done, or takes too
    /// long.
    void withdraw_rpc(std::function<void()> done);
    /// Ends what on_stop says; `done` is called when nothing has to be waited for any more.
    void stop(OnStop what, std::function<void()> done);
    /// Ends nothing and gives up what it listens on; for QUIT. `done` as above.
    void leave(std::function<void()> done);
    [[nodiscard]] std::size_t available_services() const noexcept;
    /// Checks the daemon's own tables and logs what does not fit. @return how many such
    std::size_t check_consistency();
    /// The state as it is now, without the descriptors.
    [[nodiscard]] core::DumpFacts dump_facts();
    [[nodiscard]] const std::vector<std::unique_ptr<Service>>& services() const noexcept
    {
        return services_;
    }
    /// nullptr if it is gone.
    [[nodiscard]] const Service* service(ServiceKey key) const noexcept;
    [[nodiscard]] const Context& context() const noexcept { return context_; }
    [[nodiscard]] Sensors& sensors() noexcept { return sensors_; }
    [[nodiscard]] const Sensors& sensors() const noexcept { return sensors_; }
    [[nodiscard]] Activity& activity() noexcept { return activity_; }
    [[nodiscard]] const Activity& activity() const noexcept { return activity_; }
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] const control::ReloadTotals& reloads() const noexcept { return reloads_; }

    /// The confirmed name of an address, if it has been looked up lately or is in the hosts file.
    [[nodiscard]] std::optional<std::string> known_name(const access::IpAddress& address) const;

    /// Opens or closes the sockets of every service with this id, until the next reload; with
    /// `kill` ends what runs, too.
    /// @return how many there are, or the first error: a service that cannot be opened stays as it
    /// was.
    [[nodiscard]] sys::Result<std::size_t> switch_services(const control::SwitchService& order);
    /// TERM to the group of a handler now, KILL after its kill_grace. @return false if there is no
    /// such handler.
    bool end_handler(pid_t pid) noexcept { return supervisor_.end(pid); }
    /// What reload() would do.
    [[nodiscard]] control::ReloadAnswer describe_reload(const config::LoadResult& loaded) const;

    // ServerObserver
    void on_started(const RunningServer& server) noexcept override;
    void on_start_failed(const RunningServer& server) noexcept override;
    void on_not_started(ServerStart start, int error_number) noexcept override;
    void on_exited(RunningServer&& server, int wait_status, const rusage& usage) noexcept override;
    void on_unknown_exited(pid_t pid, int wait_status) noexcept override;
    void on_signalled(const RunningServer& server, int signal) noexcept override;
    // SessionObserver
    void on_session_end(const SessionFacts& session) noexcept override;
    // RelayObserver
    void on_relay_end(const RelayFacts& relay) noexcept override;
    // TcpmuxRouter
    void on_tcpmux_request(Arrival arrival, std::string_view name) noexcept override;
    // RpcObserver
    void on_rpc_answer(std::uint64_t owner, const RpcOutcome& outcome) noexcept override;

private:
    /// A service that is gone while servers or relays of it are still to be reported.
    struct Departed {
        std::shared_ptr<ServiceLog> log;
    };

    using Sources = std::shared_ptr<const config::Sources>;

    /// Why a service cannot be served, whatever its sockets; nothing if it can.
    [[nodiscard]] std::optional<std::string> obstacle(const config::ServiceSpec& spec) const;
    Service& add(PlacedSpec spec, LogBook& book);
    void apply(const core::ReloadPlan& plan, LogBook& book, const Sources& sources);
    void readjust(const core::ReloadPlan::Keep& keep, LogBook& book, const Sources& sources);
    void keep_last_good(const core::ReloadPlan::Stale& stale, LogBook& book);
    [[nodiscard]] sys::Result<void> switch_one(Service& service,
                                               const control::SwitchService& order);
    void end_handlers(const Service& service);
    void kill_servers(Service& service);
    void drop(std::unique_ptr<Service>& service);
    void open_all();
    void on_bind_retry() noexcept;
    void start_again(ServerStart start) noexcept;
    void finish_opening();
    void give_up(Service& service, const sys::SysError& error);
    void on_departed_started(const RunningServer& server) noexcept;
    void forget_departed(ServiceKey key) noexcept;
    void add_services(core::DumpFacts& facts) const;
    void add_servers(core::DumpFacts& facts) const;
    void add_names(const config::ServiceSpec& spec, core::DumpSurroundings& around) const;
    void close_all();
    void check_stopped() noexcept;
    void judge_rpc(Service& service, const RpcOutcome& outcome);
    void on_rpc_retry() noexcept;
    void on_rpc_patience_over() noexcept;
    void finish_after_rpc();
    void kill_rpc_servers();
    [[nodiscard]] std::size_t rpc_servers() const noexcept;
    void index_tcpmux_clients();
    [[nodiscard]] Service* find_tcpmux_client(std::string_view name) noexcept;
    [[nodiscard]] std::string list_tcpmux_clients() noexcept;
    [[nodiscard]] std::vector<core::RunningService> running_services() const;
    void count_reload(std::string failure);
    [[nodiscard]] std::vector<std::string> inconsistencies();
    [[nodiscard]] Service* find(ServiceKey key) noexcept;
    [[nodiscard]] static int syslog_facility(const Options& options) noexcept;

    Log& log_;
    const Options options_;
    ProvokedLog provoked_log_;
    StderrLines stderr_lines_;
    sys::HostNameResolver resolver_;
    Sensors sensors_;
    Activity activity_;
    Gatekeeper gatekeeper_;
    IdentQueries ident_;
    BannerSender banners_;
    InternalSessions internals_;
    Relays relays_;
    TcpmuxSessions tcpmux_;
    RpcRegistry rpc_;
    Supervisor supervisor_;
    Wrappers wrappers_;
    Reaper reaper_;
    RetryQueue retries_;
    DescriptorReserve reserve_;
    Context context_;
    std::shared_ptr<const config::ServiceSpec> defaults_; ///< for the dump
    bool defaults_used_ = false;
    std::uint64_t last_key_ = 0;
    std::vector<std::unique_ptr<Service>> services_; ///< in the order of the files
    std::unordered_map<ServiceKey, Service*> by_key_;
    std::vector<ServiceKey> tcpmux_clients_; ///< in the order of the files
    std::unordered_map<ServiceKey, Departed> departed_;
    struct Opening {
        ServiceKey service;
        int attempts = 0;
    };
    std::vector<Opening> opening_; ///< sockets that could not be opened yet
    control::ReloadTotals reloads_;
    std::string wrapper_rules_; ///< without libwrap: the file that has rules
    std::function<void()> opened_;
    std::function<void()> stopped_;
    bool leaves_servers_ = false;      ///< while stopping
    bool leaves_rpc_servers_ = false;  ///< so does QUIT
    std::set<ServiceKey> rpc_retries_; ///< rpcbind refused them, or some of their versions
    std::function<void()> withdrawn_;
    std::function<void()> reloaded_;
    sys::Timer bind_retry_;
    sys::Timer rpc_retry_;
    sys::Timer rpc_patience_;
};

} // namespace usherd::daemon
