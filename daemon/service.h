// SPDX-License-Identifier: BSD-2-Clause
//
// One configured service at work: its sockets, its state, its counts, its log. Carries out what
// the Gatekeeper says about an arrival and what a reload says about its spec.
//
// Sockets open in open() and close in close(). While a `wait` server owns a socket its listener is
// paused; `cps` with cps_action = disable closes them all until the hold-off is over; an instance
// limit with limit_action = queue pauses them until a server exits.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access-control/decision.h"
#include "config-parser/diagnostic.h"
#include "config-parser/rare.h"
#include "daemon/banner_sender.h"
#include "daemon/context.h"
#include "daemon/core/service_state.h"
#include "daemon/gatekeeper.h"
#include "daemon/ident.h"
#include "daemon/listener.h"
#include "daemon/service_work.h"

namespace usherd::daemon {

/// A spec and the names of the files that its locations refer to.
struct PlacedSpec {
    std::shared_ptr<const config::ServiceSpec> spec;
    std::shared_ptr<const config::Sources> sources;
};

/// How often a tcpmux service looks whether clients that it has handed on are gone: nobody tells
/// it.
inline constexpr std::chrono::milliseconds tcpmux_look{250};

class Service final : public ListenerOwner,
                      public DatagramGate,
                      public BannerOwner,
                      public IdentOwner {
public:
    /// Opens nothing yet. @param context outlives the service.
    Service(ServiceKey key, PlacedSpec spec, Context& context, std::shared_ptr<ServiceLog> log);
    ~Service() override;
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    [[nodiscard]] ServiceKey key() const noexcept { return key_; }
    [[nodiscard]] const config::ServiceSpec& spec() const noexcept { return *spec_; }
    [[nodiscard]] const std::shared_ptr<const config::ServiceSpec>& spec_pointer() const noexcept
    {
        return spec_;
    }
    /// The names of files that locations in spec() refer to.
    [[nodiscard]] const config::Sources& sources() const noexcept { return *sources_; }
    /// The file that it was read from.
    [[nodiscard]] std::string file() const { return sources_->path(spec_->location.file); }
    [[nodiscard]] const core::ServiceState& state() const noexcept { return state_; }
    [[nodiscard]] const access::SourceCounter& counter() const noexcept { return work().counter; }
    [[nodiscard]] const access::CpsGate& gate() const noexcept { return work().gate; }
    /// Counts one server. @see access::SourceCounter::take
    [[nodiscard]] access::Slot take_slot(const std::optional<access::IpAddress>& source)
    {
        return begun().counter.take(source);
    }
    /// Counts one arrival. @return false if it exceeds `cps`
    [[nodiscard]] bool count_arrival(access::CpsGate::Second now)
    {
        return begun().gate.admit(spec_->policy->cps, now);
    }
    [[nodiscard]] const ServiceCounts& counts() const noexcept { return work().counts; }
    /// nullptr: it has not had a handler yet.
    [[nodiscard]] const ServiceMeasures* measures() const noexcept { return work().measures.get(); }
    [[nodiscard]] const std::optional<LastEvent>& last_event() const noexcept
    {
        return work().last_event;
    }
    [[nodiscard]] const std::vector<std::unique_ptr<Listener>>& listeners() const noexcept
    {
        return listeners_;
    }
    [[nodiscard]] const std::shared_ptr<ServiceLog>& log() const noexcept { return log_; }
    /// Who holds the sockets of a wait service; -1: a server that is being started.
    [[nodiscard]] std::vector<pid_t> lent_to() const;
    /// What is wrong with its text in the files; empty: the spec is what the files say.
    [[nodiscard]] const std::string& stale_because() const noexcept { return stale_because_.str(); }
    /// Listening, suspended or lent: the sockets are, or will be again without anybody's doing.
    [[nodiscard]] bool is_available() const noexcept;
    /// What its servers are, apart from their clients.
    [[nodiscard]] const std::shared_ptr<const core::SpawnTemplate>& spawn_template();

    /// Opens the sockets that are not open. @return the first error; what could be opened is closed
    /// again and the state stays as it was.
    [[nodiscard]] sys::Result<void> open();
    void close() noexcept;
    void put_out_of_service(std::string why) noexcept;
    /// Closes the sockets by hand; servers run on. open() enables again.
    void disable() noexcept;
    /// The same, and tells (state, event, log) when the last server has ended.
    void drain() noexcept;

    /// New settings, the same identity. Sockets whose endpoint is still wanted stay; others are
    /// closed; open() opens the new ones. @return an error if the new address rules could not be
    /// put on a socket, which then refuses everybody, whoever holds it.
    [[nodiscard]] sys::Result<void> adopt(PlacedSpec spec, std::shared_ptr<ServiceLog> log);
    /// The bans have changed: puts them on the sockets that only a filter can keep clients from.
    void apply_bans() noexcept;
    void mark_stale(std::string why, std::shared_ptr<ServiceLog> log);

    /// From the Gatekeeper.
    void on_admitted(Arrival arrival, access::Slot slot) noexcept;
    void on_refused(Arrival arrival, const access::Decision& decision) noexcept;
    /// A slot has been given back.
    void on_slot_free() noexcept;
    /// From tcp_wrappers: a command of a rule serves the client, as the process `pid`.
    void on_taken_over(Arrival arrival, std::optional<access::Slot> slot, pid_t pid) noexcept;
    /// A datagram that was kept. @param arrival of which it is part
    void on_datagram_judged(const Arrival& arrival, const access::Decision& decision) noexcept;

    /// From the Supervisor, by way of Server.
    void on_server_started(const RunningServer& server) noexcept;
    void on_server_start_failed(const RunningServer& server) noexcept;
    void on_server_exited(RunningServer server, int wait_status, const rusage& usage) noexcept;
    /// No process could be made and no retry is left: gives the socket and the slot back.
    void on_server_given_up(ServerStart start) noexcept;
    /// A start for which no process could be made is due again. @return why the client is refused
    /// by now
    [[nodiscard]] access::Reason judge_again(const ServerStart& start) noexcept;
    /// So it is: gives the socket and the slot back.
    void on_retry_refused(ServerStart start, access::Reason reason) noexcept;
    void on_session_ended(const SessionFacts& session) noexcept;
    /// A client that asked tcpmux for this service.
    void on_tcpmux_client(Arrival arrival) noexcept;
    void on_relay_ended(const RelayFacts& relay) noexcept;
    static void log_start(ServiceLog& log, const RunningServer& server) noexcept;
    /// Which step of the start failed, and why.
    static void log_failed_start(ProvokedLog& log, const RunningServer& server) noexcept;
    /// TRAFFIC and EXIT.
    static void log_relay_end(ServiceLog& log, const RelayFacts& relay) noexcept;

    // ListenerOwner
    [[nodiscard]] bool wants_connection() noexcept override;
    void on_connection(sys::UniqueFd socket, const sys::SocketAddress& peer,
                       const sys::SocketAddress& local) noexcept override;
    void on_lendable(int socket) noexcept override;
    [[nodiscard]] bool on_out_of_descriptors(const sys::SysError& error) noexcept override;
    void on_broken(const sys::SysError& error) noexcept override;
    // BannerOwner
    void on_banner_sent(BannerStage stage, Arrival arrival,
                        std::optional<access::Slot> slot) noexcept override;
    void on_banner_given_up() noexcept override;
    // IdentOwner
    void on_identified(Arrival arrival, std::optional<access::Slot> slot,
                       const Identity& identity) noexcept override;
    // DatagramGate
    [[nodiscard]] Admission admit(InternalDatagram& asker,
                                  const ReceivedDatagram& datagram) noexcept override;
    void on_not_answered(const access::Peer& peer, core::ReplyVerdict why) noexcept override;

private:
    [[nodiscard]] Listener::Mode listener_mode() const noexcept;
    [[nodiscard]] sys::Result<void> open_missing();
    void watch(Listener& listener);
    void close_by_hand() noexcept;
    void finish_draining() noexcept;
    void forget_lent() noexcept;
    void stop_timer() noexcept;
    void resume_listeners() noexcept;
    void pause_listeners() noexcept;
    void lend(int socket) noexcept;
    /// The server `pid` (-1: none was made) no longer holds `socket`.
    void return_lent(int socket, pid_t pid) noexcept;
    [[nodiscard]] bool is_lent(int socket) const noexcept;

    void judge(Arrival arrival) noexcept;
    /// The internal service of that name.
    [[nodiscard]] bool is_tcpmux() const noexcept;
    [[nodiscard]] bool is_rpc() const noexcept;
    /// Tells rpcbind about the sockets that are open, and that none is any more.
    void announce();
    void withdraw();
    void serve(Arrival arrival, access::Slot slot) noexcept;
    void begin(Arrival arrival, access::Slot slot) noexcept;
    [[nodiscard]] bool wants_user(const Arrival& arrival) const noexcept;
    [[nodiscard]] bool wants_user_of_refused(const Arrival& arrival,
                                             access::Reason reason) const noexcept;
    void ask_user_of_refused(Arrival arrival) noexcept;
    void log_user(const config::RareText& user) noexcept;
    [[nodiscard]] bool has_banner(const std::string& file, const Arrival& arrival) const noexcept;
    void send_banner(BannerStage stage, Arrival arrival,
                     std::optional<access::Slot> slot = std::nullopt) noexcept;
    void start_server(Arrival arrival, access::Slot slot);
    [[nodiscard]] bool count_datagram(const access::Decision& decision,
                                      const std::optional<access::Peer>& peer) noexcept;
    void start_session(Arrival arrival, access::Slot slot);
    void start_relay(Arrival arrival, access::Slot slot);
    /// Its id for events, which may outlive the service.
    [[nodiscard]] std::shared_ptr<const std::string> event_name() const noexcept
    {
        return {spec_, &spec_->id};
    }
    void note(control::EventKind kind, access::Reason reason = access::Reason::allowed) noexcept;
    /// @param why empty: that of the state.
    void note_state(std::string_view why = {}) noexcept;
    void measure_exit(int wait_status, std::chrono::steady_clock::duration ran);
    [[nodiscard]] ServiceMeasures& measured();
    void log_record(const std::string& record) noexcept;
    void give_back(ServerStart& start) noexcept;
    void count_refusal(const access::Decision& decision,
                       const std::optional<access::Peer>& peer) noexcept;
    void drop_what_waits(int socket) noexcept;
    [[nodiscard]] sys::UniqueFd open_stderr() noexcept;
    void on_rate_exceeded() noexcept;
    void on_hold_off_over() noexcept;
    [[nodiscard]] bool is_damped(access::Reason reason,
                                 const std::optional<access::Peer>& peer) noexcept;
    [[nodiscard]] sys::Timer& timer();

    /// What has been made so far; of an idle service, what it would begin with.
    [[nodiscard]] const ServiceWork& work() const noexcept;
    /// The same to be changed: makes it.
    [[nodiscard]] ServiceWork& begun();

    // Ten thousand idle services pay for each byte from here on; what only one with clients needs
    // is in ServiceWork.
    ServiceKey key_;
    bool waiting_for_slot_ = false; ///< paused at `instances` with limit_action = queue
    std::shared_ptr<const config::ServiceSpec> spec_;
    std::shared_ptr<const config::Sources> sources_;
    Context& context_;
    std::shared_ptr<ServiceLog> log_;
    core::ServiceState state_;
    config::RareText stale_because_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unique_ptr<ServiceWork> work_; ///< reads listeners_' sockets
};

} // namespace usherd::daemon
