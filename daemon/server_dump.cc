// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon's state as facts for a dump: a copy, cheap enough for ten thousand services.

#include <algorithm>
#include <ctime>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/server.h"

namespace usherd::daemon {

namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

/// As ctime(3).
std::string clock_text(system_clock::time_point when)
{
    const std::time_t seconds = system_clock::to_time_t(when);
    std::tm local{};
    char text[64];
    if (::localtime_r(&seconds, &local) == nullptr)
        return {};
    const std::size_t length = std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &local);
    return {text, length};
}

system_clock::time_point on_clock(steady_clock::time_point when)
{
    const auto ago = steady_clock::now() - when;
    return system_clock::now() - std::chrono::duration_cast<system_clock::duration>(ago);
}

bool logs_user(const config::ServiceSpec& spec)
{
    return spec.settings->log_on_success.has(config::SuccessLog::userid);
}

core::DumpServer running(const RunningServer& server)
{
    core::DumpServer facts;
    facts.id = server.spec->id;
    facts.pid = server.pid;
    facts.order = server.started_at.time_since_epoch().count();
    facts.start_time = clock_text(server.started_on_clock);
    facts.descriptor = server.borrowed;
    facts.peer = server.peer;
    facts.logs_user = logs_user(*server.spec);
    facts.fork_failures = server.attempts;
    return facts;
}

/// What runs inside the daemon: SessionFacts, RelayFacts.
template <typename Inside>
core::DumpServer running_inside(const Inside& session)
{
    core::DumpServer facts;
    facts.id = session.spec->id;
    facts.pid = ::getpid();
    facts.order = session.started_at.time_since_epoch().count();
    facts.start_time = clock_text(on_clock(session.started_at));
    facts.peer = session.peer;
    facts.logs_user = logs_user(*session.spec);
    return facts;
}

core::DumpServer waiting(const ServerStart& start)
{
    core::DumpServer facts;
    facts.id = start.spec->id;
    facts.descriptor = start.borrowed;
    facts.peer = start.peer;
    facts.logs_user = logs_user(*start.spec);
    facts.fork_failures = start.attempts;
    return facts;
}

sys::HostAddress host_address(const access::IpAddress& address)
{
    return {address.bytes(), address.family() == access::Family::ipv4};
}

core::DumpService::State state_of(const Service& service)
{
    using State = core::DumpService::State;
    if (service.spec().is_tcpmux_client())
        return State::not_started;
    if (std::holds_alternative<core::HandedOver>(service.state()))
        return State::suspended;
    return std::holds_alternative<core::Suspended>(service.state()) ? State::disabled
                                                                    : State::active;
}

} // namespace

void Server::add_services(core::DumpFacts& facts) const
{
    std::unordered_map<ServiceKey, std::size_t> retries;
    for (const ServerStart* start : retries_.waiting()) {
        facts.retries.push_back(waiting(*start));
        ++retries[start->service];
    }
    facts.services.reserve(services_.size());
    for (const auto& service : services_) {
        if (!service->is_available())
            continue;
        core::DumpService shown;
        shown.spec = service->spec_pointer();
        shown.state = state_of(*service);
        shown.running = service->counter().running();
        const auto tried = retries.find(service->key());
        shown.retries = tried == retries.end() ? 0 : tried->second;
        if (shown.state == core::DumpService::State::active)
            for (const auto& listener : service->listeners())
                if (listener->is_open())
                    shown.sockets.push_back(listener->fd());
        facts.services.push_back(std::move(shown));
    }
}

void Server::add_servers(core::DumpFacts& facts) const
{
    for (const ServiceKey key : supervisor_.services())
        for (const RunningServer& server : supervisor_.servers_of(key))
            if (server.pid > 0)
                facts.servers.push_back(running(server));
    for (const SessionFacts& session : internals_.list())
        facts.servers.push_back(running_inside(session));
    for (const SessionFacts& session : tcpmux_.list())
        facts.servers.push_back(running_inside(session));
    for (const RelayFacts& relay : relays_.list())
        facts.servers.push_back(running_inside(relay));
    std::stable_sort(facts.servers.begin(), facts.servers.end(),
                     [](const auto& left, const auto& right) { return left.order < right.order; });
}

/// Of the hosts file and of what has been learnt: nobody is asked.
void Server::add_names(const config::ServiceSpec& spec, core::DumpSurroundings& around) const
{
    for (const access::IpAddress& address : core::shown_addresses(spec)) {
        if (around.host_names.contains(address))
            continue;
        if (const auto name = resolver_.known(host_address(address)); name && !name->empty())
            around.host_names.emplace(address, *name);
    }
}

std::string Server::configuration_text(const config::LoadResult& loaded) const
{
    core::DumpSurroundings around;
    around.environment = context_.traits.environment;
    around.defaults_used = loaded.defaults_used;
    add_names(loaded.defaults, around);
    for (const auto& spec : loaded.services)
        add_names(*spec, around);
    return core::configuration_dump(loaded.defaults, loaded.services, around);
}

core::DumpFacts Server::dump_facts()
{
    supervisor_.catch_up();
    core::DumpFacts facts;
    facts.version = "usherd " USHERD_VERSION;
    facts.current_time = clock_text(system_clock::now());
    facts.defaults = defaults_;
    facts.around.environment = context_.traits.environment;
    facts.around.defaults_used = defaults_used_;
    add_services(facts);
    add_servers(facts);
    if (facts.defaults != nullptr)
        add_names(*facts.defaults, facts.around);
    for (const auto& service : facts.services)
        add_names(*service.spec, facts.around);
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
        facts.max_descriptors = files.rlim_cur;
    facts.process_limit = options_.process_limit;
    facts.config_file = options_.config_file;
    return facts;
}

} // namespace usherd::daemon
