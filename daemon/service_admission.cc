// SPDX-License-Identifier: BSD-2-Clause
//
// What comes in through the sockets of a service: asks the Gatekeeper, starts the server or the
// internal session, writes the FAIL record of whoever is refused.

#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "daemon/activity.h"
#include "daemon/core/log_record.h"
#include "daemon/core/tcpmux_line.h"
#include "daemon/internal_session.h"
#include "daemon/peer.h"
#include "daemon/service.h"

namespace usherd::daemon {

namespace {

constexpr std::chrono::seconds damping_time{60};

bool is_wildcard(const sys::SocketAddress& address) noexcept
{
    const auto peer = to_peer(address);
    return peer && peer->address.is_unspecified();
}

/// Our end of a connection; asks the kernel only where the listener's address does not tell.
std::optional<access::Peer> local_end(int socket, const sys::SocketAddress& bound) noexcept
{
    if (!is_wildcard(bound))
        return to_peer(bound);
    const auto local = sys::local_address(socket);
    return local ? to_peer(*local) : std::nullopt;
}

} // namespace

bool Service::wants_connection() noexcept
{
    // An internal service with wait = yes serves one client at a time, as xinetd's does.
    const bool one_at_a_time = spec_->wait && spec_->is_internal();
    const std::uint32_t most = one_at_a_time ? 1 : spec_->policy->instances;
    const bool queues =
        one_at_a_time || spec_->settings->limit_action == config::LimitAction::queue;
    if (queues && most > 0 && counter().running() >= most) {
        waiting_for_slot_ = true;
        pause_listeners();
        // Its slots go on with the clients it hands over, and nobody tells it that they end.
        if (is_tcpmux())
            timer().start(tcpmux_look);
        return false;
    }
    if (spec_->settings->cps_action == config::CpsAction::delay &&
        !gate().would_admit(spec_->policy->cps, std::time(nullptr))) {
        pause_listeners();
        timer().start(std::chrono::milliseconds(250)); // the gate counts in whole seconds
        return false;
    }
    return true;
}

void Service::on_connection(sys::UniqueFd socket, const sys::SocketAddress& peer,
                            const sys::SocketAddress& local) noexcept
{
    Arrival arrival;
    arrival.socket = std::move(socket);
    arrival.peer = to_peer(peer);
    arrival.local = local;
    if (context_.activity.is_banned(arrival.peer))
        return count_refusal({access::Reason::ban}, arrival.peer); // not a word to him
    if (has_banner(spec_->settings->banner, arrival))
        send_banner(BannerStage::greeting, std::move(arrival));
    else
        judge(std::move(arrival));
}

/// No greeting: the first word is tcpmux's answer.
void Service::on_tcpmux_client(Arrival arrival) noexcept
{
    arrival.by_tcpmux = true;
    judge(std::move(arrival));
}

bool Service::is_tcpmux() const noexcept
{
    return spec_->is_internal() && spec_->name == core::name(core::InternalService::tcpmux);
}

void Service::judge(Arrival arrival) noexcept
{
    context_.gatekeeper.judge(*this, std::move(arrival), context_.running_total(),
                              context_.process_limit);
}

void Service::on_lendable(int socket) noexcept
{
    Arrival arrival;
    arrival.lent = socket;
    if (spec_->socket_type == config::SocketType::dgram) {
        const auto sender = sys::peek_sender(socket);
        if (!sender)
            return; // nothing there after all, or an ICMP error that has now been taken
        arrival.peer = to_peer(*sender);
        arrival.sender = *sender;
    }
    for (const auto& listener : listeners_)
        if (listener->fd() == socket)
            arrival.local = listener->bound();
    lend(socket);
    if (context_.activity.is_banned(arrival.peer))
        return on_refused(std::move(arrival), {access::Reason::ban});
    judge(std::move(arrival));
}

Admission Service::admit(InternalDatagram& asker, const ReceivedDatagram& datagram) noexcept
{
    if (context_.activity.is_banned(datagram.peer)) {
        count_refusal({access::Reason::ban}, datagram.peer);
        return Admission::no;
    }
    const auto decision = context_.gatekeeper.judge_datagram(
        *this, datagram.peer, context_.running_total(), context_.process_limit);
    if (decision)
        return count_datagram(*decision, datagram.peer) ? Admission::yes : Admission::no;
    const auto ticket = asker.keep(datagram);
    if (!ticket) {
        // More wait than any honest crowd sends.
        (void)count_datagram({access::Reason::address}, datagram.peer);
        return Admission::no;
    }
    Arrival arrival;
    arrival.peer = datagram.peer;
    arrival.local = datagram.sender; // of the same family
    arrival.sender = datagram.sender;
    arrival.kept = KeptDatagram{asker.fd(), *ticket};
    context_.gatekeeper.judge_kept(*this, std::move(arrival));
    return Admission::later;
}

/// @return true: it is served
bool Service::count_datagram(const access::Decision& decision,
                             const std::optional<access::Peer>& peer) noexcept
{
    if (decision.reason == access::Reason::allowed) {
        ++begun().counts.accepted;
        note(control::EventKind::accepted);
        context_.activity.accepted(event_name(), peer);
        log_record(core::start_record(*spec_, 0, peer));
        return true;
    }
    count_refusal(decision, peer);
    if (decision.reason == access::Reason::rate)
        on_rate_exceeded();
    return false;
}

void Service::on_datagram_judged(const Arrival& arrival, const access::Decision& decision) noexcept
{
    const bool is_admitted = count_datagram(decision, arrival.peer);
    for (const auto& datagram : work().datagrams)
        if (datagram->fd() == arrival.kept->fd)
            datagram->decide(arrival.kept->ticket, is_admitted);
}

void Service::on_not_answered(const access::Peer& peer, core::ReplyVerdict why) noexcept
{
    context_.provoked_log.write(Level::info, spec_->id, "not answered",
                                fmt::format("service {}: a datagram from {} port {} is not "
                                            "answered: {}",
                                            spec_->id, access::log_text(peer), peer.port,
                                            core::name(why)));
}

void Service::on_admitted(Arrival arrival, access::Slot slot) noexcept
{
    if (arrival.lent >= 0 && !is_lent(arrival.lent))
        return; // closed while names or tcp_wrappers were asked (cps, reload)
    ++begun().counts.accepted;
    note(control::EventKind::accepted);
    context_.activity.accepted(event_name(), arrival.peer);
    // Before all else (D18). So few bytes fit into the buffer of a new connection.
    if (arrival.by_tcpmux && spec_->types.has(config::ServiceType::tcpmuxplus))
        (void)send_some(arrival.socket.get(), core::tcpmux_go);
    if (has_banner(spec_->settings->banner_success, arrival))
        send_banner(BannerStage::success, std::move(arrival), std::move(slot));
    else
        serve(std::move(arrival), std::move(slot));
}

void Service::serve(Arrival arrival, access::Slot slot) noexcept
{
    if (wants_user(arrival))
        context_.ident.ask(*this, spec_->id, std::move(arrival), std::move(slot));
    else
        begin(std::move(arrival), std::move(slot));
}

void Service::begin(Arrival arrival, access::Slot slot) noexcept
{
    if (spec_->is_internal())
        start_session(std::move(arrival), std::move(slot));
    else if (spec_->settings->redirect)
        start_relay(std::move(arrival), std::move(slot));
    else
        start_server(std::move(arrival), std::move(slot));
}

void Service::start_session(Arrival arrival, access::Slot slot)
{
    const auto kind = core::find_internal(spec_->name);
    if (!kind)
        return; // validated at load
    const bool is_inline = core::is_inline(*kind, spec_->socket_type);
    log_record(core::start_record(*spec_, is_inline ? 0 : ::getpid(), arrival.peer));
    log_user(arrival.user);
    if (*kind == core::InternalService::tcpmux)
        return context_.tcpmux.start(std::move(arrival), spec_, std::move(slot),
                                     static_cast<std::uint64_t>(key_));
    context_.internals.start(*kind, std::move(arrival.socket), spec_, std::move(slot), arrival.peer,
                             static_cast<std::uint64_t>(key_));
}

sys::UniqueFd Service::open_stderr() noexcept
{
    switch (spec_->process->stderr_target) {
    case config::StderrTarget::client:
        break;
    case config::StderrTarget::null:
        return sys::UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    case config::StderrTarget::log:
        if (auto pipe = context_.stderr_lines.add(spec_->id))
            return std::move(*pipe);
        // Without a pipe the client must still not see it.
        return sys::UniqueFd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    }
    return {};
}

void Service::start_server(Arrival arrival, access::Slot slot)
{
    core::ConnectionFacts facts;
    facts.peer = arrival.peer;
    facts.is_unix = arrival.local.family() == AF_UNIX;
    facts.is_tcp = spec_->settings->protocol.number == IPPROTO_TCP;
    if (arrival.socket) {
        facts.local = local_end(arrival.socket.get(), arrival.local);
        // The handler is to see an IPv4 client as such, though logs keep the mapped form.
        if (arrival.peer && arrival.peer->arrival == access::Arrival::mapped)
            (void)sys::unmap_socket(arrival.socket.get());
    } else if (!is_wildcard(arrival.local)) {
        facts.local = to_peer(arrival.local);
    }
    ServerStart start;
    start.service = key_;
    start.spec = spec_;
    start.plan = {spawn_template(), core::connection_environment(facts)};
    if (arrival.changes)
        start.plan.base =
            core::changed(*start.plan.base, arrival.changes->umask, arrival.changes->nice_by);
    start.slot.emplace(std::move(slot));
    start.peer = arrival.peer;
    start.accepted_at = arrival.at;
    start.user = std::move(arrival.user);
    start.connection = std::move(arrival.socket);
    start.borrowed = arrival.lent;
    start.stderr_fd = open_stderr();
    context_.supervisor.launch(std::move(start));
}

bool Service::is_damped(access::Reason reason, const std::optional<access::Peer>& peer) noexcept
{
    if (spec_->socket_type != config::SocketType::dgram || reason != access::Reason::address)
        return false;
    const auto now = std::chrono::steady_clock::now();
    ServiceWork& work = begun();
    const bool again =
        work.last_refused && work.last_refused == peer && now - work.last_refused_at < damping_time;
    if (!again) {
        work.last_refused = peer;
        work.last_refused_at = now;
    }
    return again;
}

void Service::count_refusal(const access::Decision& decision,
                            const std::optional<access::Peer>& peer) noexcept
{
    ++begun().counts.refused.at(static_cast<std::size_t>(decision.reason));
    note(control::EventKind::refused, decision.reason);
    context_.activity.refused(event_name(), peer, decision.reason);
    const auto address = [&] { return peer ? access::log_text(*peer) : "<no address>"; };
    if (decision.both_lists_match)
        context_.provoked_log.write(
            Level::error, spec_->id, "both lists",
            fmt::format("Service={}: only_from list and no_access list match equally the address "
                        "{}",
                        spec_->id, address()));
    if (decision.reason == access::Reason::load)
        context_.provoked_log.write(
            Level::error, spec_->id, "load",
            fmt::format("refused connect from {} due to excessive load", address()));
    if (decision.reason == access::Reason::libwrap)
        context_.provoked_log.write(Level::info, spec_->id, "libwrap",
                                    fmt::format("libwrap refused connection to {} (libwrap={}) "
                                                "from {}",
                                                spec_->id, config::libwrap_daemon(*spec_),
                                                address()));
    if (!is_damped(decision.reason, peer))
        log_record(core::fail_record(*spec_, decision.reason, peer));
}

void Service::on_refused(Arrival arrival, const access::Decision& decision) noexcept
{
    count_refusal(decision, arrival.peer);
    arrival.wants_user = wants_user_of_refused(arrival, decision.reason);
    if (arrival.lent >= 0) {
        if (is_lent(arrival.lent)) // not closed since
            drop_what_waits(arrival.lent);
        return_lent(arrival.lent, -1);
    } else if (has_banner(spec_->settings->banner_fail, arrival)) {
        send_banner(BannerStage::failure, std::move(arrival));
    } else {
        ask_user_of_refused(std::move(arrival));
    }
    if (decision.reason == access::Reason::rate)
        on_rate_exceeded();
}

void Service::on_slot_free() noexcept
{
    if (waiting_for_slot_)
        resume_listeners();
    finish_draining();
}

void Service::on_taken_over(Arrival arrival, std::optional<access::Slot> slot, pid_t pid) noexcept
{
    ++begun().counts.accepted;
    note(control::EventKind::accepted);
    context_.activity.accepted(event_name(), arrival.peer);
    for (const auto& datagram : work().datagrams)
        if (arrival.kept && datagram->fd() == arrival.kept->fd)
            datagram->decide(arrival.kept->ticket, false);
    ServerStart start;
    start.service = key_;
    start.spec = spec_;
    if (slot)
        start.slot.emplace(std::move(*slot));
    start.peer = arrival.peer;
    start.borrowed = arrival.lent;
    start.accepted_at = arrival.at;
    context_.supervisor.adopt(std::move(start), pid);
}

/// The refused client's datagram or connection must not be there at the next turn.
void Service::drop_what_waits(int socket) noexcept
{
    if (!is_connection_oriented(*spec_)) {
        (void)sys::drop_datagram(socket);
        return;
    }
    // The listener is in blocking mode for its servers, and the client may have gone.
    (void)sys::set_blocking(socket, sys::Blocking::no);
    (void)sys::accept_one(socket);
    (void)sys::set_blocking(socket, sys::Blocking::yes);
}

bool Service::on_out_of_descriptors(const sys::SysError& error) noexcept
{
    // Once a minute at most: the state lasts, and clients provoke it.
    const auto now = std::chrono::steady_clock::now();
    if (auto& logged = begun().out_of_descriptors_logged; now - logged >= damping_time) {
        logged = now;
        context_.log.warning("service {}: {}; clients wait, one is taken every second", spec_->id,
                             sys::to_string(error));
    }
    return context_.reserve.lend();
}

void Service::on_broken(const sys::SysError& error) noexcept
{
    context_.log.error("service {}: {}; it is out of service until a reload", spec_->id,
                       sys::to_string(error));
    state_ = core::OutOfService{sys::to_string(error)};
    note_state();
}

} // namespace usherd::daemon
