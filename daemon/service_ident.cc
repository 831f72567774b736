// SPDX-License-Identifier: BSD-2-Clause
//
// USERID and IDONLY: whose connections are asked about, and what becomes of the answer. As with
// xinetd: of clients that are served, before their server starts; of refused ones, after the FAIL
// record, and only of those refused before there would have been a process.

#include "daemon/activity.h"
#include "daemon/core/log_record.h"
#include "daemon/service.h"

namespace usherd::daemon {

namespace {

/// xinetd serves it without a process.
bool is_inline(const config::ServiceSpec& spec) noexcept
{
    const auto kind = core::find_internal(spec.name);
    return spec.flags.has(config::ServiceFlag::sensor) ||
           (spec.is_internal() && kind && core::is_inline(*kind, spec.socket_type));
}

} // namespace

bool Service::wants_user(const Arrival& arrival) const noexcept
{
    // Without an address there is nobody to ask, which IDONLY has to be told.
    return spec_->settings->log_on_success.has(config::SuccessLog::userid) && arrival.socket &&
           !spec_->wait && !is_inline(*spec_) &&
           (arrival.peer || spec_->flags.has(config::ServiceFlag::idonly));
}

bool Service::wants_user_of_refused(const Arrival& arrival, access::Reason reason) const noexcept
{
    const bool in_child = !is_inline(*spec_) &&
                          (reason == access::Reason::address || reason == access::Reason::libwrap);
    return spec_->settings->log_on_failure.has(config::FailureLog::userid) && !in_child &&
           reason != access::Reason::ban && arrival.socket && arrival.peer && !spec_->wait;
}

/// Closes the connection if nothing is to be asked.
void Service::ask_user_of_refused(Arrival arrival) noexcept
{
    if (arrival.wants_user)
        context_.ident.ask(*this, spec_->id, std::move(arrival), std::nullopt);
}

void Service::log_user(const config::RareText& user) noexcept
{
    if (!user.empty())
        log_record(core::userid_record(*spec_, user.str()));
}

void Service::on_identified(Arrival arrival, std::optional<access::Slot> slot,
                            const Identity& identity) noexcept
{
    if (identity.user)
        arrival.user = *identity.user;
    if (!slot) {
        log_user(arrival.user);
        if (!identity.user && identity.failure != core::IdentFailure::no_server)
            context_.provoked_log.write(
                Level::error, spec_->id, "ident failed",
                fmt::format("Failed to contact identity server at {}: {}",
                            arrival.peer ? access::log_text(*arrival.peer) : "<no address>",
                            core::explanation(identity.failure)));
        return;
    }
    if (identity.user || !spec_->flags.has(config::ServiceFlag::idonly))
        return begin(std::move(arrival), std::move(*slot));
    ++begun().counts.refused.at(static_cast<std::size_t>(access::Reason::identity));
    note(control::EventKind::refused, access::Reason::identity);
    context_.activity.refused(event_name(), arrival.peer, access::Reason::identity);
    log_record(core::noid_record(*spec_, arrival.peer, core::explanation(identity.failure)));
    arrival.socket.reset();
    slot.reset();
    on_slot_free();
}

} // namespace usherd::daemon
