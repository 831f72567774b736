// SPDX-License-Identifier: BSD-2-Clause
//
// Services with `redirect`: each client gets a relay in the loop instead of a process. Their
// records are those of xinetd's relaying processes; the pid in them is the daemon's.

#include <unistd.h>

#include "daemon/activity.h"
#include "daemon/core/log_record.h"
#include "daemon/service.h"

namespace usherd::daemon {

void Service::start_relay(Arrival arrival, access::Slot slot)
{
    ++begun().counts.started;
    log_record(core::start_record(*spec_, ::getpid(), arrival.peer));
    log_user(arrival.user);
    context_.relays.start(static_cast<std::uint64_t>(key_), spec_, std::move(arrival.socket),
                          arrival.peer, std::move(slot), spec_->settings->redirect->addresses);
}

void Service::log_relay_end(ServiceLog& log, const RelayFacts& relay) noexcept
{
    const auto write = [&log](const std::string& record) {
        if (!record.empty())
            log.write(record);
    };
    if (relay.connected)
        write(core::traffic_record(*relay.spec, relay.bytes_in, relay.bytes_out));
    const auto ran = std::chrono::steady_clock::now() - relay.started_at;
    write(core::exit_record(*relay.spec, {relay.wait_status, ::getpid(),
                                          std::chrono::duration_cast<std::chrono::seconds>(ran)}));
}

void Service::on_relay_ended(const RelayFacts& relay) noexcept
{
    if (relay.connect_error && relay.target)
        context_.provoked_log.write(Level::error, spec_->id, "redirect",
                                    fmt::format("can't connect to remote host {}: {}",
                                                access::to_string(*relay.target),
                                                sys::errno_text(relay.connect_error->number)));
    if (relay.failure)
        context_.provoked_log.write(
            Level::error, spec_->id, "relay",
            fmt::format("service {}: relay ended: {}", spec_->id, sys::to_string(*relay.failure)));
    note(control::EventKind::exited);
    const auto ran = std::chrono::steady_clock::now() - relay.started_at;
    context_.activity.exited(event_name(), relay.peer,
                             {::getpid(), relay.wait_status, ran, nullptr});
    measure_exit(relay.wait_status, ran);
    measured().relayed_in += relay.bytes_in;
    measured().relayed_out += relay.bytes_out;
    if (log_ != nullptr)
        log_relay_end(*log_, relay);
    on_slot_free();
}

} // namespace usherd::daemon
