// SPDX-License-Identifier: BSD-2-Clause
//
// What the status socket asks of the Server.

#include <algorithm>

#include "daemon/core/plan_words.h"
#include "daemon/server.h"

namespace usherd::daemon {

const Service* Server::service(ServiceKey key) const noexcept
{
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
}

sys::Result<std::size_t> Server::switch_services(const control::SwitchService& order)
{
    std::size_t count = 0;
    for (const auto& service : services_) {
        if (service->spec().id != order.id)
            continue;
        ++count;
        if (auto done = switch_one(*service, order); !done)
            return done.error();
    }
    return count;
}

sys::Result<void> Server::switch_one(Service& service, const control::SwitchService& order)
{
    using control::Switch;
    const auto& id = service.spec().id;
    if (order.to == Switch::enable) {
        if (!core::is_closed_by_hand(service.state()))
            return {};
        if (auto opened = service.open(); !opened)
            return opened;
        log_.notice("service {} enabled by request", id);
        return {};
    }
    std::erase_if(opening_,
                  [&](const Opening& opening) { return opening.service == service.key(); });
    if (order.to == Switch::disable && !std::holds_alternative<core::Disabled>(service.state())) {
        service.disable();
        log_.notice("service {} disabled by request", id);
    } else if (order.to == Switch::drain &&
               !std::holds_alternative<core::Draining>(service.state())) {
        log_.notice("service {} drains by request: {} running", id, service.counter().running());
        service.drain();
    }
    if (order.kill)
        end_handlers(service);
    return {};
}

void Server::end_handlers(const Service& service)
{
    if (service.counter().running() > 0)
        log_.notice("service {}: ending what runs by request", service.spec().id);
    supervisor_.end(service.key());
    internals_.end(static_cast<std::uint64_t>(service.key()));
    relays_.end(static_cast<std::uint64_t>(service.key()));
    tcpmux_.end(static_cast<std::uint64_t>(service.key()));
}

std::optional<std::string> Server::known_name(const access::IpAddress& address) const
{
    const auto name = resolver_.known({address.bytes(), address.family() == access::Family::ipv4});
    return name && !name->empty() ? std::optional<std::string>(*name) : std::nullopt;
}

std::vector<core::RunningService> Server::running_services() const
{
    std::vector<core::RunningService> running;
    running.reserve(services_.size());
    for (const auto& service : services_)
        running.push_back({service->spec_pointer(), service->file()});
    return running;
}

control::ReloadAnswer Server::describe_reload(const config::LoadResult& loaded) const
{
    if (!loaded.refused_because.empty()) {
        control::ReloadAnswer answer =
            core::plan_in_words({}, {}, loaded, [](std::size_t) { return std::uint64_t{0}; });
        answer.error = "reload_refused";
        answer.message = loaded.refused_because;
        return answer;
    }
    const auto running = running_services();
    return core::plan_in_words(core::plan_reload(running, loaded), running, loaded,
                               [this](std::size_t index) -> std::uint64_t {
                                   return services_[index]->counter().running();
                               });
}

void Server::count_reload(std::string failure)
{
    reloads_.last = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    ++(failure.empty() ? reloads_.done : reloads_.failed);
    reloads_.last_failure.reset();
    activity_.reloaded(failure);
    if (!failure.empty())
        reloads_.last_failure = std::move(failure);
}

} // namespace usherd::daemon
