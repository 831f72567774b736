// SPDX-License-Identifier: BSD-2-Clause
//
// The life of a service: its sockets open, close, and survive a reload. What comes in through them
// is in service_admission.cc, what becomes of its servers in service_servers.cc.

#include "daemon/service.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "daemon/activity.h"
#include "daemon/core/unsupported.h"
#include "daemon/ident.h"
#include "daemon/socket_filter.h"
#include "daemon/wrappers.h"

namespace usherd::daemon {

std::uint64_t ServiceCounts::refused_in_all() const noexcept
{
    return std::accumulate(refused.begin(), refused.end(), std::uint64_t{0});
}

const ServiceWork& Service::work() const noexcept
{
    static const ServiceWork idle{};
    return work_ == nullptr ? idle : *work_;
}

ServiceWork& Service::begun()
{
    if (work_ == nullptr)
        work_ = std::make_unique<ServiceWork>();
    return *work_;
}

Service::Service(ServiceKey key, PlacedSpec spec, Context& context, std::shared_ptr<ServiceLog> log)
    : key_(key), spec_(std::move(spec.spec)), sources_(std::move(spec.sources)), context_(context),
      log_(std::move(log)), state_(core::OutOfService{"not started"})
{
}

Service::~Service()
{
    context_.gatekeeper.forget(*this);
    context_.wrappers.forget(*this);
    context_.ident.forget(*this);
    context_.banners.forget(*this);
    close();
}

bool Service::is_available() const noexcept
{
    return !std::holds_alternative<core::OutOfService>(state_) && !core::is_closed_by_hand(state_);
}

Listener::Mode Service::listener_mode() const noexcept
{
    return is_connection_oriented(*spec_) && (!spec_->wait || spec_->is_internal())
               ? Listener::Mode::accept
               : Listener::Mode::lend;
}

sys::Result<void> Service::open()
{
    if (const auto* suspended = std::get_if<core::Suspended>(&state_); suspended != nullptr)
        return {}; // its sockets open when the hold-off is over
    const std::size_t before = listeners_.size();
    auto opened = open_missing();
    if (!opened) {
        // All or nothing: a service on half of its addresses is harder to notice than one on none.
        listeners_.resize(std::min(before, listeners_.size()));
        return opened;
    }
    if (!is_available()) {
        state_ = core::Listening{};
        if (last_event()) // not when the daemon starts, for ten thousand of them
            note_state();
    }
    announce();
    resume_listeners();
    return {};
}

sys::Result<void> Service::open_missing()
{
    if (work_ != nullptr)
        work_->retired.clear();
    for (const config::Endpoint& endpoint : spec_->endpoints) {
        const bool is_open =
            std::any_of(listeners_.begin(), listeners_.end(),
                        [&](const auto& listener) { return listener->endpoint() == endpoint; });
        if (is_open)
            continue;
        auto socket = open_endpoint(*spec_, endpoint, context_.passed);
        if (!socket)
            return socket.error();
        listeners_.push_back(std::make_unique<Listener>(context_.loop, std::move(*socket), endpoint,
                                                        listener_mode(), *this));
    }
    if (context_.activity.bans().size() > 0)
        apply_bans();
    return {};
}

void Service::watch(Listener& listener)
{
    const auto kind = core::find_internal(spec_->name);
    if (spec_->is_internal() && listener_mode() == Listener::Mode::lend && kind) {
        auto& datagrams = begun().datagrams;
        const bool is_read =
            std::any_of(datagrams.begin(), datagrams.end(),
                        [&](const auto& datagram) { return datagram->fd() == listener.fd(); });
        if (!is_read)
            datagrams.push_back(
                std::make_unique<InternalDatagram>(context_.loop, listener.fd(), *kind, *this));
        return;
    }
    if (!is_lent(listener.fd()))
        listener.resume();
}

void Service::resume_listeners() noexcept
{
    waiting_for_slot_ = false;
    for (const auto& listener : listeners_)
        if (listener->is_open())
            watch(*listener);
}

void Service::pause_listeners() noexcept
{
    for (const auto& listener : listeners_)
        listener->pause();
}

void Service::close() noexcept
{
    if (work_ != nullptr) {
        // Perhaps from inside a callback of one of these: they stop now and die later.
        for (auto& datagram : work_->datagrams) {
            datagram->pause();
            work_->retired.push_back(std::move(datagram));
        }
        work_->datagrams.clear();
    }
    withdraw();
    for (const auto& listener : listeners_)
        listener->close();
    forget_lent();
    stop_timer();
}

void Service::forget_lent() noexcept
{
    if (work_ != nullptr)
        work_->lent.clear();
}

void Service::stop_timer() noexcept
{
    if (work_ != nullptr && work_->timer != nullptr)
        work_->timer->stop();
}

void Service::put_out_of_service(std::string why) noexcept
{
    close();
    listeners_.clear();
    state_ = core::OutOfService{std::move(why)};
    note_state();
}

void Service::close_by_hand() noexcept
{
    const bool passed_in = std::any_of(listeners_.begin(), listeners_.end(),
                                       [](const auto& l) { return l->is_passed_in(); });
    if (passed_in) {
        // Closed, they could not be had again.
        pause_listeners();
        stop_timer();
    } else {
        close();
        listeners_.clear();
    }
    forget_lent();
    waiting_for_slot_ = false;
}

void Service::disable() noexcept
{
    close_by_hand();
    state_ = core::Disabled{};
    note_state();
}

void Service::drain() noexcept
{
    close_by_hand();
    state_ = core::Draining{};
    note_state();
    finish_draining();
    if (is_tcpmux() && std::holds_alternative<core::Draining>(state_))
        timer().start(tcpmux_look); // as at its limit, see wants_connection()
}

void Service::finish_draining() noexcept
{
    if (!std::holds_alternative<core::Draining>(state_) || counter().running() > 0)
        return;
    state_ = core::Disabled{};
    context_.log.notice("service {} is drained", spec_->id);
    note_state("drained");
}

sys::Result<void> Service::adopt(PlacedSpec spec, std::shared_ptr<ServiceLog> log)
{
    const auto before = std::exchange(spec_, std::move(spec.spec));
    sources_ = std::move(spec.sources);
    log_ = std::move(log);
    stale_because_ = std::string{};
    const auto is_wanted = [this](const Listener& listener) {
        return std::find(spec_->endpoints.begin(), spec_->endpoints.end(), listener.endpoint()) !=
               spec_->endpoints.end();
    };
    if (work_ != nullptr) {
        const auto is_lost = [&](int socket) {
            return std::none_of(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
                return listener->fd() == socket && is_wanted(*listener);
            });
        };
        work_->spawn_template.reset();
        std::erase_if(work_->datagrams,
                      [&](const auto& datagram) { return is_lost(datagram->fd()); });
        std::erase_if(work_->lent, [&](const LentSocket& lent) { return is_lost(lent.socket); });
    }
    std::erase_if(listeners_, [&](const auto& listener) { return !is_wanted(*listener); });
    for (const auto& listener : listeners_)
        listener->refer_to(
            *std::find(spec_->endpoints.begin(), spec_->endpoints.end(), listener->endpoint()));
    sys::Result<void> ruled;
    for (const auto& listener : listeners_) {
        if (!listener->is_open() || before == spec_)
            continue;
        adjust_socket(listener->fd(), *spec_, listener->endpoint());
        if (auto one = renew_address_rules(listener->fd(), listener->endpoint(), *before, *spec_);
            !one)
            ruled = one;
    }
    if (context_.activity.bans().size() > 0)
        apply_bans();
    if (ruled && is_available() && !std::holds_alternative<core::Suspended>(state_))
        resume_listeners(); // a limit may have been raised
    return ruled;
}

void Service::apply_bans() noexcept
{
    for (const auto& listener : listeners_) {
        if (!listener->is_open())
            continue;
        if (auto done = enforce_bans(listener->fd(), listener->endpoint(), *spec_,
                                     context_.activity.bans());
            !done)
            context_.log.warning("service {}: the bans do not hold on {}: {}", spec_->id,
                                 config::to_string(listener->endpoint()),
                                 sys::to_string(done.error()));
    }
}

void Service::mark_stale(std::string why, std::shared_ptr<ServiceLog> log)
{
    stale_because_ = std::move(why);
    log_ = std::move(log);
}

const std::shared_ptr<const core::SpawnTemplate>& Service::spawn_template()
{
    auto& made = begun().spawn_template;
    if (made == nullptr)
        made = core::make_template(*spec_, context_.traits);
    return made;
}

sys::Timer& Service::timer()
{
    auto& made = begun().timer;
    if (made == nullptr)
        made = std::make_unique<sys::Timer>(context_.loop,
                                            sys::bind<&Service::on_hold_off_over>(*this));
    return *made;
}

void Service::on_rate_exceeded() noexcept
{
    if (spec_->settings->cps_action != config::CpsAction::disable)
        return;
    const auto hold_off = spec_->policy->cps.hold_off;
    context_.log.error("Deactivating service {} due to excessive incoming connections.  "
                       "Restarting in {} seconds.",
                       spec_->name, hold_off.count());
    const bool passed_in = std::any_of(listeners_.begin(), listeners_.end(),
                                       [](const auto& l) { return l->is_passed_in(); });
    if (passed_in)
        pause_listeners(); // closing our copy would not turn clients away
    else
        close();
    state_ = core::Suspended{std::chrono::steady_clock::now() + hold_off};
    note_state();
    timer().start(hold_off);
}

void Service::on_hold_off_over() noexcept
{
    if (std::holds_alternative<core::Draining>(state_)) {
        finish_draining();
        if (std::holds_alternative<core::Draining>(state_))
            timer().start(tcpmux_look);
        return;
    }
    if (!std::holds_alternative<core::Suspended>(state_)) {
        resume_listeners(); // cps_action = delay
        return;
    }
    std::erase_if(listeners_, [](const auto& listener) { return !listener->is_open(); });
    begun().gate.reset();
    if (auto opened = open_missing(); !opened) {
        context_.log.error("Error activating service {}: {}", spec_->name,
                           sys::to_string(opened.error()));
        put_out_of_service(sys::to_string(opened.error()));
        return;
    }
    state_ = core::Listening{};
    note_state();
    context_.log.error("Activating service {}", spec_->name);
    announce();
    resume_listeners();
}

} // namespace usherd::daemon
