// SPDX-License-Identifier: BSD-2-Clause
//
// What becomes of the servers and sessions of a service: their START and EXIT records, the sockets
// that come back from `wait` servers, the clients that wait for a slot.

#include <algorithm>
#include <unistd.h>

#include "daemon/activity.h"
#include "daemon/core/log_record.h"
#include "daemon/service.h"

namespace usherd::daemon {

void Service::log_record(const std::string& record) noexcept
{
    if (log_ != nullptr && !record.empty())
        log_->write(record);
}

void Service::note(control::EventKind kind, access::Reason reason) noexcept
{
    begun().last_event = {
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()), kind,
        reason};
}

void Service::note_state(std::string_view why) noexcept
{
    note(control::EventKind::state);
    std::string text(core::status_name(state_));
    if (const auto* out = std::get_if<core::OutOfService>(&state_))
        why = out->why;
    if (!why.empty())
        text.append(": ").append(why);
    context_.activity.state(event_name(), std::move(text));
}

ServiceMeasures& Service::measured()
{
    auto& made = begun().measures;
    if (made == nullptr)
        made = std::make_unique<ServiceMeasures>();
    return *made;
}

void Service::measure_exit(int wait_status, std::chrono::steady_clock::duration ran)
{
    ServiceMeasures& measures = measured();
    ++measures.exits[wait_status];
    measures.duration.add(ran);
}

void Service::lend(int socket) noexcept
{
    begun().lent.push_back({socket, -1});
    state_ = core::HandedOver{};
    for (const auto& listener : listeners_)
        if (listener->fd() == socket)
            listener->pause();
}

std::vector<pid_t> Service::lent_to() const
{
    std::vector<pid_t> holders;
    for (const LentSocket& lent : work().lent)
        holders.push_back(lent.holder);
    return holders;
}

bool Service::is_lent(int socket) const noexcept
{
    const auto& all = work().lent;
    return std::any_of(all.begin(), all.end(),
                       [socket](const LentSocket& lent) { return lent.socket == socket; });
}

void Service::return_lent(int socket, pid_t pid) noexcept
{
    auto& all = begun().lent;
    const auto held = std::find_if(all.begin(), all.end(), [&](const LentSocket& lent) {
        return lent.socket == socket && lent.holder == pid;
    });
    if (held == all.end())
        return; // the socket has been closed meanwhile (cps, reload)
    all.erase(held);
    if (all.empty() && std::holds_alternative<core::HandedOver>(state_))
        state_ = core::Listening{};
    for (const auto& listener : listeners_)
        if (listener->fd() == socket && listener->is_open())
            listener->resume();
}

void Service::log_start(ServiceLog& log, const RunningServer& server) noexcept
{
    const std::string record = core::start_record(*server.spec, server.pid, server.peer);
    if (!record.empty())
        log.write(record);
}

void Service::on_server_started(const RunningServer& server) noexcept
{
    ++begun().counts.started;
    for (LentSocket& lent : begun().lent) {
        if (lent.socket == server.borrowed && lent.holder == -1) {
            lent.holder = server.pid;
            state_ = core::HandedOver{server.pid};
            break;
        }
    }
    note(control::EventKind::started);
    context_.activity.started(event_name(), server.peer, server.pid);
    measured().start_latency.add(server.started_at - server.accepted_at);
    if (log_ != nullptr)
        log_start(*log_, server);
    log_user(server.user);
}

void Service::log_failed_start(ProvokedLog& log, const RunningServer& server) noexcept
{
    const auto& failure = server.failure;
    const std::string& id = server.spec->id;
    const std::string cause = sys::errno_text(failure.error_number);
    std::string text;
    if (failure.stage == core::SpawnStage::exec)
        text = fmt::format("execv( {} ) failed: {}", server.spec->process->server, cause);
    else if (failure.stage == core::SpawnStage::context)
        text = fmt::format("Changing process context failed for {}: {}", id, cause);
    else
        text = fmt::format("{}: {} failed: {}", id, core::name(failure.stage), cause);
    log.write(Level::error, id, "start failed", text, server.pid);
}

void Service::on_server_start_failed(const RunningServer& server) noexcept
{
    // xinetd's fork succeeds before the step fails: START, the message, and later EXIT.
    on_server_started(server);
    log_failed_start(context_.provoked_log, server);
}

void Service::on_server_exited(RunningServer server, int wait_status, const rusage& usage) noexcept
{
    const auto ran = std::chrono::steady_clock::now() - server.started_at;
    note(control::EventKind::exited);
    context_.activity.exited(event_name(), server.peer, {server.pid, wait_status, ran, &usage});
    measure_exit(wait_status, ran);
    log_record(
        core::exit_record(*server.spec, {wait_status, server.pid,
                                         std::chrono::duration_cast<std::chrono::seconds>(ran)}));
    server.slot.reset();
    if (server.borrowed >= 0)
        return_lent(server.borrowed, server.pid);
    on_slot_free();
}

access::Reason Service::judge_again(const ServerStart& start) noexcept
{
    if (context_.activity.is_banned(start.peer))
        return access::Reason::ban;
    return context_.gatekeeper.judge_again(*this, start.peer, context_.running_total(),
                                           context_.process_limit);
}

void Service::on_retry_refused(ServerStart start, access::Reason reason) noexcept
{
    count_refusal({reason}, start.peer);
    if (start.borrowed >= 0 && is_lent(start.borrowed))
        drop_what_waits(start.borrowed);
    give_back(start);
}

void Service::on_server_given_up(ServerStart start) noexcept
{
    count_refusal({access::Reason::fork}, start.peer);
    give_back(start);
}

void Service::give_back(ServerStart& start) noexcept
{
    start.slot.reset();
    if (start.borrowed >= 0)
        return_lent(start.borrowed, -1);
    on_slot_free();
}

void Service::on_session_ended(const SessionFacts& session) noexcept
{
    const auto ran = std::chrono::steady_clock::now() - session.started_at;
    note(control::EventKind::exited);
    context_.activity.exited(event_name(), session.peer,
                             {::getpid(), session.wait_status, ran, nullptr});
    measure_exit(session.wait_status, ran);
    log_record(
        core::exit_record(*session.spec, {session.wait_status, ::getpid(),
                                          std::chrono::duration_cast<std::chrono::seconds>(ran)}));
    on_slot_free();
}

} // namespace usherd::daemon
