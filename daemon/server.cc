// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/server.h"

#include <algorithm>
#include <csignal>

#include "daemon/core/log_record.h"
#include "daemon/core/unsupported.h"

namespace usherd::daemon {

namespace {

constexpr int max_bind_retries = 10; // after the first attempt, as xinetd
constexpr std::chrono::milliseconds bind_retry_interval{20};

/// An address that is taken or not there yet may become free; other failures stay.
bool may_pass(const sys::SysError& error) noexcept
{
    return error.number == EADDRINUSE || error.number == EADDRNOTAVAIL;
}

Level level_of(const config::Diagnostic& diagnostic) noexcept
{
    if (diagnostic.unknown_to_xinetd && diagnostic.severity > config::Severity::info)
        return Level::info;
    switch (diagnostic.severity) {
    case config::Severity::note:
    case config::Severity::info:
        return Level::info;
    case config::Severity::debug:
        return Level::debug;
    case config::Severity::warning:
        return Level::warning;
    case config::Severity::error:
        return Level::error;
    case config::Severity::critical:
        break;
    }
    return Level::critical;
}

} // namespace

Server::Server(sys::EventLoop& loop, Log& log, const Options& options, core::DaemonTraits traits,
               PassedSockets passed, LowDescriptors low)
    : log_(log), options_(options), provoked_log_(loop, log), stderr_lines_(loop, log),
      resolver_(loop), sensors_(loop, log, provoked_log_), activity_(loop, options.event_ring),
      gatekeeper_(loop, resolver_, sensors_, wrappers_),
      ident_(loop, provoked_log_, {.refused = options.ident_process_limit}),
      banners_(loop, provoked_log_), internals_(loop, *this), relays_(loop, *this),
      tcpmux_(loop, *this, *this), rpc_(loop, *this),
      supervisor_(loop, *this,
                  [&](ReportReceiver& receiver) {
                      low.release();
                      return make_launcher(loop, worker_count(options), receiver);
                  }),
      wrappers_(loop, provoked_log_, supervisor_,
                {options.program, syslog_facility(options), traits.environment}),
      reaper_(loop, wrappers_),
      retries_(loop, [this](ServerStart start) { start_again(std::move(start)); }),
      context_{loop,
               log,
               provoked_log_,
               stderr_lines_,
               supervisor_,
               internals_,
               relays_,
               tcpmux_,
               rpc_,
               gatekeeper_,
               wrappers_,
               ident_,
               banners_,
               activity_,
               std::move(traits),
               std::move(passed),
               reserve_,
               options.process_limit},
      bind_retry_(loop, sys::bind<&Server::on_bind_retry>(*this)),
      rpc_retry_(loop, sys::bind<&Server::on_rpc_retry>(*this)),
      rpc_patience_(loop, sys::bind<&Server::on_rpc_patience_over>(*this))
{
    activity_.on_bans([this] {
        for (const auto& service : services_)
            service->apply_bans();
    });
}

Server::~Server() = default;

/// Where the daemon itself logs; -1: not to syslog.
int Server::syslog_facility(const Options& options) noexcept
{
    const bool on_stderr =
        !options.syslog_facility && (options.foreground_for_people || options.debug);
    if (!options.filelog.empty() || on_stderr)
        return -1;
    return options.syslog_facility.value_or(DaemonLogTarget().facility);
}

std::size_t Server::available_services() const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(services_.begin(), services_.end(), [](const auto& service) {
            // xinetd, too, does not count those that tcpmux leads to.
            return service->is_available() && !service->spec().is_tcpmux_client();
        }));
}

Service* Server::find(ServiceKey key) noexcept
{
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
}

void Server::report_diagnostics(const config::LoadResult& loaded)
{
    for (const config::Diagnostic& diagnostic : loaded.diagnostics->all())
        log_.write(level_of(diagnostic), config::log_line(diagnostic));
    if (const auto more = loaded.diagnostics->not_kept(); more > 0)
        log_.error("{} further diagnostics are not shown", more);
}

std::optional<std::string> Server::obstacle(const config::ServiceSpec& spec) const
{
    auto why = core::unsupported_effect(spec);
    if (!why && !wrapper_rules_.empty() && spec.is_wrapped())
        why = fmt::format("tcp_wrappers rules in {} are not carried out by a build without "
                          "libwrap; flags = NOLIBWRAP serves without them",
                          wrapper_rules_);
    if (!why && spec.types.has(config::ServiceType::rpc) && !has_rpc())
        why = "type = RPC takes a build with libtirpc";
    if (!why && !context_.traits.is_root)
        why = core::missing_privilege(spec, ::geteuid());
    return why;
}

Service& Server::add(PlacedSpec spec, LogBook& book)
{
    bool log_failed = false;
    auto service_log = book.open(*spec.spec, log_failed);
    const auto unsupported = obstacle(*spec.spec);
    const ServiceKey key{++last_key_};
    services_.push_back(
        std::make_unique<Service>(key, std::move(spec), context_, std::move(service_log)));
    Service& service = *services_.back();
    by_key_.emplace(key, &service);
    if (unsupported) {
        service.put_out_of_service(*unsupported);
        log_.error("service {} is out of service: {}", service.spec().id, *unsupported);
    } else if (log_failed) {
        give_up(service, {"open", 0});
    } else {
        opening_.push_back({key});
    }
    return service;
}

void Server::start(const config::LoadResult& loaded, Started started)
{
    wrapper_rules_ = has_libwrap() ? "" : WrapperFiles().with_rules();
    defaults_ = std::make_shared<const config::ServiceSpec>(loaded.defaults);
    defaults_used_ = loaded.defaults_used;
    LogBook book(log_);
    services_.reserve(loaded.services.size());
    for (const auto& spec : loaded.services)
        add({spec, loaded.sources}, book);
    index_tcpmux_clients();
    opened_ = [this, started = std::move(started)] {
        for (const std::string& place : context_.passed.left_over())
            log_.warning("the socket {} from LISTEN_FDS is that of no service; closed", place);
        context_.passed.drop();
        started(available_services());
    };
    open_all();
}

void Server::open_all()
{
    std::vector<Opening> again;
    for (Opening& opening : opening_) {
        Service* service = find(opening.service);
        if (service == nullptr)
            continue;
        if (opening.attempts > 0)
            log_.notice("bind retry attempt {}", opening.attempts);
        const auto opened = service->open();
        if (opened)
            continue;
        const auto& error = opened.error();
        log_.error("{} failed ({}). service = {}", error.call, sys::errno_text(error.number),
                   service->spec().id);
        if (may_pass(error) && opening.attempts < max_bind_retries)
            again.push_back({opening.service, opening.attempts + 1});
        else
            give_up(*service, error);
    }
    opening_ = std::move(again);
    if (opening_.empty())
        finish_after_rpc();
    else
        bind_retry_.start(bind_retry_interval);
}

void Server::on_bind_retry() noexcept
{
    open_all();
}

void Server::finish_opening()
{
    if (auto done = std::exchange(opened_, nullptr))
        done();
}

void Server::give_up(Service& service, const sys::SysError& error)
{
    log_.error("Service {} failed to start and is deactivated.", service.spec().id);
    service.put_out_of_service(error.number == 0 ? "its log cannot be opened"
                                                 : sys::to_string(error));
}

void Server::on_started(const RunningServer& server) noexcept
{
    if (Service* service = find(server.service))
        service->on_server_started(server);
    else
        on_departed_started(server);
    check_stopped();
}

void Server::on_start_failed(const RunningServer& server) noexcept
{
    if (Service* service = find(server.service))
        service->on_server_start_failed(server);
    else
        on_departed_started(server);
    check_stopped();
}

void Server::on_not_started(ServerStart start, int error_number) noexcept
{
    check_stopped();
    Service* service = find(start.service);
    if (service == nullptr)
        return forget_departed(start.service);
    const std::string& id = service->spec().id;
    provoked_log_.write(Level::error, id, "fork",
                        fmt::format("{}: fork failed: {}", id, sys::errno_text(error_number)));
    const bool no_retry = service->spec().flags.has(config::ServiceFlag::noretry);
    ++start.attempts;
    if (!no_retry && start.attempts < RetryQueue::max_attempts) {
        retries_.add(std::move(start));
        return;
    }
    if (!no_retry)
        provoked_log_.write(Level::error, id, "fork given up",
                            fmt::format("service {}: too many consecutive fork failures", id));
    service->on_server_given_up(std::move(start));
}

/// As xinetd does: lists and times may have changed meanwhile, others may have come.
void Server::start_again(ServerStart start) noexcept
{
    Service* service = find(start.service);
    const auto reason = service == nullptr ? access::Reason::allowed : service->judge_again(start);
    if (reason == access::Reason::allowed)
        supervisor_.launch(std::move(start));
    else
        service->on_retry_refused(std::move(start), reason);
}

void Server::on_exited(RunningServer&& server, int wait_status, const rusage& usage) noexcept
{
    const ServiceKey key = server.service;
    if (Service* service = find(key)) {
        service->on_server_exited(std::move(server), wait_status, usage);
    } else if (const auto departed = departed_.find(key); departed != departed_.end()) {
        const auto ran = std::chrono::steady_clock::now() - server.started_at;
        const auto record = core::exit_record(
            *server.spec,
            {wait_status, server.pid, std::chrono::duration_cast<std::chrono::seconds>(ran)});
        if (departed->second.log != nullptr && !record.empty())
            departed->second.log->write(record);
        activity_.exited({server.spec, &server.spec->id}, server.peer,
                         {server.pid, wait_status, ran, &usage});
        forget_departed(key);
    }
    check_stopped();
}

void Server::on_unknown_exited(pid_t pid, int /*wait_status*/) noexcept
{
    log_.notice("unknown child process {} died", pid);
}

void Server::on_signalled(const RunningServer& server, int signal) noexcept
{
    provoked_log_.write(
        Level::warning, server.spec->id, "signal",
        fmt::format("Sending signal {} to {} server {}", signal, server.spec->id, server.pid));
}

void Server::on_session_end(const SessionFacts& session) noexcept
{
    if (Service* service = find(ServiceKey{session.owner}))
        service->on_session_ended(session);
    check_stopped();
}

void Server::on_relay_end(const RelayFacts& relay) noexcept
{
    const ServiceKey key{relay.owner};
    if (Service* service = find(key)) {
        service->on_relay_ended(relay);
    } else if (const auto departed = departed_.find(key); departed != departed_.end()) {
        if (departed->second.log != nullptr)
            Service::log_relay_end(*departed->second.log, relay);
        forget_departed(key);
    }
    check_stopped();
}

void Server::stop(OnStop what, std::function<void()> done)
{
    supervisor_.catch_up();
    close_all();
    stopped_ = std::move(done);
    leaves_servers_ = what == OnStop::leave;
    if (leaves_servers_) {
        kill_rpc_servers(); // sessions inside the daemon end with it
    } else {
        internals_.end_all();
        relays_.end_all();
        tcpmux_.end_all();
        supervisor_.end_all();
    }
    check_stopped();
}

void Server::leave(std::function<void()> done)
{
    close_all();
    stopped_ = std::move(done);
    leaves_servers_ = leaves_rpc_servers_ = true;
    check_stopped();
}

void Server::close_all()
{
    for (const auto& service : services_)
        service->close();
}

void Server::check_stopped() noexcept
{
    if (!stopped_)
        return;
    // A server that is just starting gets its START still.
    std::size_t awaited = supervisor_.starting();
    if (!leaves_servers_)
        awaited = supervisor_.count() + internals_.size() + relays_.size() + tcpmux_.size();
    else if (!leaves_rpc_servers_)
        awaited += rpc_servers();
    if (awaited == 0)
        withdraw_rpc(std::exchange(stopped_, nullptr));
}

} // namespace usherd::daemon
