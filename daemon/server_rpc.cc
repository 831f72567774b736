// SPDX-License-Identifier: BSD-2-Clause
//
// RPC services and rpcbind: what happens to a service that rpcbind does not take, how it gets
// another chance, and that nothing of ours is left there when we end.

#include <algorithm>
#include <csignal>

#include "daemon/server.h"

namespace usherd::daemon {

namespace {

constexpr std::chrono::seconds retry_interval{10};
/// How long a start or a reload waits for rpcbind before it is reported, and an end before it ends.
constexpr std::chrono::seconds patience{3};

} // namespace

void Server::on_rpc_answer(std::uint64_t owner, const RpcOutcome& outcome) noexcept
{
    if (Service* service = find(ServiceKey{owner}))
        judge_rpc(*service, outcome);
    if (opening_.empty() && rpc_.pending() == 0)
        finish_opening();
}

/// As in xinetd, a service that rpcbind knows in no version is not served.
void Server::judge_rpc(Service& service, const RpcOutcome& outcome)
{
    const std::string id = service.spec().id;
    const bool is_new = !rpc_retries_.contains(service.key());
    if (is_new)
        for (const RpcMapping& mapping : outcome.refused)
            log_.error("pmap_set failed. service={} program={} version={}: {}", id, mapping.program,
                       mapping.version, outcome.why);
    if (outcome.refused.empty()) {
        if (rpc_retries_.erase(service.key()) > 0)
            log_.notice("service {} is registered with rpcbind", id);
        return;
    }
    rpc_retries_.insert(service.key());
    rpc_retry_.start(retry_interval);
    if (!outcome.registered.empty())
        return;
    if (is_new)
        log_.error("Service {} failed to start and is deactivated.", id);
    service.put_out_of_service(fmt::format("rpcbind: {}; it is asked again every {} seconds",
                                           outcome.why, retry_interval.count()));
}

void Server::on_rpc_retry() noexcept
{
    // One that is disabled, or suspended, registers when it opens again.
    std::erase_if(rpc_retries_, [this](ServiceKey key) {
        const Service* service = find(key);
        return service == nullptr || core::is_closed_by_hand(service->state()) ||
               std::holds_alternative<core::Suspended>(service->state());
    });
    for (const ServiceKey key : rpc_retries_)
        opening_.push_back({key});
    if (!rpc_retries_.empty())
        rpc_retry_.start(retry_interval);
    open_all();
}

/// Sockets are open; the start or reload is over when rpcbind has answered, too, or keeps us
/// waiting.
void Server::finish_after_rpc()
{
    if (rpc_.pending() == 0)
        finish_opening();
    else
        rpc_patience_.start(patience);
}

void Server::on_rpc_patience_over() noexcept
{
    finish_opening();
    if (auto done = std::exchange(withdrawn_, nullptr))
        done();
}

void Server::withdraw_rpc(std::function<void()> done)
{
    rpc_retry_.stop();
    withdrawn_ = std::move(done);
    rpc_patience_.start(patience);
    rpc_.forget_all();
    rpc_.when_idle([this] {
        if (auto waiting = std::exchange(withdrawn_, nullptr))
            waiting();
    });
}

/// xinetd, too, takes the servers of RPC services with it: nobody would find them.
void Server::kill_rpc_servers()
{
    for (const auto& service : services_)
        if (service->spec().types.has(config::ServiceType::rpc))
            kill_servers(*service);
}

std::size_t Server::rpc_servers() const noexcept
{
    std::size_t servers = 0;
    for (const auto& service : services_)
        if (service->spec().types.has(config::ServiceType::rpc))
            servers += supervisor_.count(service->key());
    return servers;
}

} // namespace usherd::daemon
