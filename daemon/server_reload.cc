// SPDX-License-Identifier: BSD-2-Clause
//
// How Server carries out a ReloadPlan. What xinetd does to the handlers of services that go away
// is done here: they are killed; those of kept services are left alone.

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>

#include "daemon/core/unsupported.h"
#include "daemon/server.h"

namespace usherd::daemon {

void Server::reload(const config::LoadResult& loaded)
{
    supervisor_.catch_up();
    report_diagnostics(loaded);
    if (!loaded.refused_because.empty()) {
        log_.error("the configuration stays as it was: {}", loaded.refused_because);
        log_.warning("reconfiguration failed");
        count_reload(loaded.refused_because);
        return;
    }
    log_.notice("Swapping defaults");
    resolver_.reload();
    relays_.reload_names();
    wrapper_rules_ = has_libwrap() ? "" : WrapperFiles().with_rules();
    defaults_ = std::make_shared<const config::ServiceSpec>(loaded.defaults);
    defaults_used_ = loaded.defaults_used;
    for (const Opening& opening : std::exchange(opening_, {}))
        if (Service* service = find(opening.service))
            service->put_out_of_service("a reload came before its address was free");
    bind_retry_.stop();
    rpc_retries_.clear();
    rpc_retry_.stop();
    finish_opening();

    const core::ReloadPlan plan = core::plan_reload(running_services(), loaded);
    count_reload({});
    LogBook book(log_);
    opened_ = [this, fresh = plan.start.size(), dropped = plan.stop.size(),
               old = services_.size() - plan.stop.size()] {
        log_.notice("Reconfigured: new={} old={} dropped={} (services)", fresh, old, dropped);
        if (reloaded_)
            reloaded_();
    };
    apply(plan, book, loaded.sources);
    open_all();
}

void Server::readjust(const core::ReloadPlan::Keep& keep, LogBook& book, const Sources& sources)
{
    Service& service = *services_[keep.running];
    bool log_failed = false;
    auto service_log = book.open(*keep.spec, log_failed);
    const auto adopted = service.adopt({keep.spec, sources}, std::move(service_log));
    if (const auto why = obstacle(*keep.spec)) {
        service.put_out_of_service(*why);
        log_.error("service {} is out of service: {}", service.spec().id, *why);
    } else if (log_failed) {
        give_up(service, {"open", 0});
    } else if (!adopted) {
        give_up(service, adopted.error());
    } else if (!std::holds_alternative<core::Suspended>(service.state())) {
        opening_.push_back({service.key()});
    }
}

void Server::apply(const core::ReloadPlan& plan, LogBook& book, const Sources& sources)
{
    // One service after the other as they stand, so that the lines of the log come as xinetd's do.
    // Nothing opens before open_all(): by then every address that is given up is free.
    std::map<std::size_t, std::function<void()>> steps;
    for (const auto* list : {&plan.unchanged, &plan.adjust, &plan.rebind})
        for (const auto& keep : *list)
            steps.emplace(keep.running, [&, list] {
                log_.notice("readjusting service {}", services_[keep.running]->spec().id);
                if (list == &plan.rebind)
                    kill_servers(*services_[keep.running]);
                readjust(keep, book, sources);
            });
    for (const auto& stale : plan.stale)
        steps.emplace(stale.running, [&] { keep_last_good(stale, book); });
    for (const auto& stop : plan.stop)
        steps.emplace(stop.running, [&] { drop(services_[stop.running]); });
    for (const auto& [position, step] : steps)
        step();
    std::erase_if(services_, [](const auto& service) { return service == nullptr; });
    for (const auto& spec : plan.start)
        add({spec, sources}, book);
    index_tcpmux_clients();
}

void Server::keep_last_good(const core::ReloadPlan::Stale& stale, LogBook& book)
{
    Service& service = *services_[stale.running];
    bool log_failed = false;
    service.mark_stale(stale.why, book.open(service.spec(), log_failed));
    log_.error("service {} runs on with its last good configuration: {}", service.spec().id,
               stale.why);
    if (core::is_closed_by_hand(service.state()))
        opening_.push_back({service.key()});
}

/// xinetd kills the servers of a service that goes away or moves to another address.
void Server::kill_servers(Service& service)
{
    for (const RunningServer& server : supervisor_.servers_of(service.key()))
        if (server.pid != -1) // else it is starting, and gets the signal as soon as it has a pid
            log_.warning("Sending signal {} to {} server {}", SIGKILL, server.spec->id, server.pid);
    supervisor_.kill_all(service.key(), SIGKILL, Reach::process);
    internals_.end(static_cast<std::uint64_t>(service.key()));
    relays_.end(static_cast<std::uint64_t>(service.key()));
    tcpmux_.end(static_cast<std::uint64_t>(service.key()));
}

void Server::drop(std::unique_ptr<Service>& service)
{
    kill_servers(*service);
    const std::size_t retries = retries_.drop(service->key());
    if (retries > 0)
        log_.notice("dropping retry attempt for service {} ({})", service->spec().id, retries);
    log_.notice("service {} deactivated", service->spec().id);
    if (supervisor_.count(service->key()) > 0 ||
        relays_.count(static_cast<std::uint64_t>(service->key())) > 0)
        departed_.emplace(service->key(), Departed{service->log()});
    by_key_.erase(service->key());
    service.reset();
}

/// It was being started when its service went: its end will be told, so its start is too.
void Server::on_departed_started(const RunningServer& server) noexcept
{
    const auto departed = departed_.find(server.service);
    if (departed == departed_.end())
        return;
    activity_.started({server.spec, &server.spec->id}, server.peer, server.pid);
    if (departed->second.log != nullptr)
        Service::log_start(*departed->second.log, server);
    if (server.failure.stage != core::SpawnStage::none)
        Service::log_failed_start(provoked_log_, server);
}

void Server::forget_departed(ServiceKey key) noexcept
{
    if (supervisor_.count(key) == 0 && relays_.count(static_cast<std::uint64_t>(key)) == 0)
        departed_.erase(key);
}

} // namespace usherd::daemon
