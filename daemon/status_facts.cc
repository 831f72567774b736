// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_facts.h"

#include <dirent.h>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>

#include "access-control/rule_text.h"
#include "daemon/core/snapshot.h"

namespace usherd::daemon {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

std::uint64_t count_descriptors()
{
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    std::uint64_t count = 0;
    if (directory != nullptr)
        while (const dirent* entry = ::readdir(directory.get()))
            count += entry->d_name[0] != '.' ? 1 : 0;
    return count > 0 ? count - 1 : 0; // without the one they are listed through
}

void count_state(control::ServiceTotals& totals, const Service& service)
{
    struct Counter {
        control::ServiceTotals& totals;
        void operator()(const core::Listening& /*s*/) const { ++totals.active; }
        void operator()(const core::Suspended& /*s*/) const { ++totals.suspended; }
        void operator()(const core::HandedOver& /*s*/) const { ++totals.handed_over; }
        void operator()(const core::OutOfService& /*s*/) const { ++totals.out_of_service; }
        void operator()(const core::Disabled& /*s*/) const { ++totals.disabled; }
        void operator()(const core::Draining& /*s*/) const { ++totals.draining; }
    };
    ++totals.total;
    totals.stale += service.stale_because().empty() ? 0 : 1;
    std::visit(Counter{totals}, service.state());
}

void set_peer(control::Connection& connection, const std::optional<access::Peer>& peer)
{
    if (peer) {
        connection.from = access::log_text(*peer);
        connection.port = peer->port;
    }
}

control::Connection to_connection(const RunningServer& server)
{
    control::Connection connection;
    connection.pid = std::max(server.pid, 0);
    connection.service = server.spec->id;
    connection.kind = "program";
    connection.since = to_time(server.pid > 0 ? server.started_on_clock : system_clock::now());
    if (server.spec->process->user)
        connection.user = server.spec->process->user->text;
    connection.ending = server.terminating;
    set_peer(connection, server.peer);
    return connection;
}

/// What runs inside the daemon: SessionFacts, RelayFacts.
template <typename Inside>
control::Connection to_connection(const Inside& session, const char* kind)
{
    control::Connection connection;
    connection.pid = ::getpid();
    connection.service = session.spec->id;
    connection.kind = kind;
    connection.since = to_time(session.started_at);
    set_peer(connection, session.peer);
    return connection;
}

std::optional<control::LastEvent> last_event(const Service& service)
{
    const auto& last = service.last_event();
    if (!last)
        return std::nullopt;
    control::LastEvent event{last->at, std::string(control::name(last->kind)), std::nullopt};
    if (last->kind == control::EventKind::refused)
        event.reason = access::name(last->reason);
    return event;
}

} // namespace

control::Time to_time(system_clock::time_point when) noexcept
{
    return std::chrono::floor<milliseconds>(when);
}

control::Time to_time(steady_clock::time_point when) noexcept
{
    const auto ahead = when - steady_clock::now();
    return to_time(system_clock::now() + std::chrono::duration_cast<system_clock::duration>(ahead));
}

control::DaemonStatus daemon_status(const Server& server, control::Time started)
{
    control::DaemonStatus status;
    status.version = USHERD_VERSION;
    status.program = server.options().program;
    status.pid = ::getpid();
    status.uid = ::geteuid();
    status.started = started;
    status.now = to_time(system_clock::now());
    status.config_file = server.options().config_file;
    status.reloads = server.reloads();
    status.running = server.context().running_total();
    if (server.context().process_limit != 0)
        status.process_limit = server.context().process_limit;
    std::array<std::uint64_t, access::reason_count> refused{};
    for (const auto& service : server.services()) {
        count_state(status.services, *service);
        status.accepted += service->counts().accepted;
        status.started_handlers += service->counts().started;
        for (std::size_t i = 0; i < refused.size(); ++i)
            refused[i] += service->counts().refused[i];
    }
    status.refused = core::count_by_reason(refused);
    status.open_descriptors = count_descriptors();
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
        status.descriptor_limit = files.rlim_cur;
    const Activity& activity = server.activity();
    status.first_event = activity.ring().first();
    status.next_event = activity.ring().next();
    status.bans = activity.bans().size();
    status.sensed = server.sensors().denied().size();
    return status;
}

control::ServiceSummary service_summary(const Service& service)
{
    return core::summarise({service.spec(), service.sources(), service.state(),
                            service.stale_because(), static_cast<std::uint64_t>(service.key()),
                            service.counter().running(), service.counts().accepted,
                            service.counts().started, service.counts().refused,
                            last_event(service)});
}

control::ServiceDetail service_detail(const Server& server, const Service& service)
{
    control::ServiceDetail detail;
    detail.summary = service_summary(service);
    detail.attributes = core::effective_attributes(service.spec(), service.sources());
    const access::Policy& policy = *service.spec().policy;
    if (policy.instances != access::unlimited)
        detail.headroom.push_back({"service_limit", service.counter().running(), policy.instances});
    if (policy.per_source != access::unlimited)
        detail.headroom.push_back({"per_source_limit", std::nullopt, policy.per_source});
    if (server.context().process_limit != 0)
        detail.headroom.push_back(
            {"process_limit", server.context().running_total(), server.context().process_limit});
    if (const auto* suspended = std::get_if<core::Suspended>(&service.state()))
        detail.suspended_until = to_time(suspended->until);
    for (const pid_t holder : service.lent_to())
        detail.holders.push_back(holder);
    detail.sources = service.counter().sources();
    detail.waiting_for_name = server.context().gatekeeper.parked_for(service);
    return detail;
}

control::ConnectionList connections(const Server& server, const std::optional<std::string>& id)
{
    control::ConnectionList list;
    const auto is_wanted = [&id](const config::ServiceSpec& spec) { return !id || spec.id == *id; };
    const Context& context = server.context();
    for (const ServiceKey key : context.supervisor.services())
        for (const RunningServer& running : context.supervisor.servers_of(key))
            if (is_wanted(*running.spec))
                list.connections.push_back(to_connection(running));
    for (const SessionFacts& session : context.internals.list())
        if (is_wanted(*session.spec))
            list.connections.push_back(to_connection(session, "internal"));
    for (const SessionFacts& session : context.tcpmux.list())
        if (is_wanted(*session.spec))
            list.connections.push_back(to_connection(session, "internal"));
    for (const RelayFacts& relay : context.relays.list())
        if (is_wanted(*relay.spec))
            list.connections.push_back(to_connection(relay, "redirect"));
    return list;
}

control::SourceLists source_lists(const Activity& activity, std::size_t top)
{
    const auto entries = [top](const core::SourceSketch& sketch, auto text) {
        std::vector<control::SourceCount> list;
        for (const core::SketchEntry& entry : sketch.top(top))
            list.push_back(
                {text(entry.source), entry.count, entry.error, entry.accepted, entry.refused});
        return list;
    };
    control::SourceLists lists;
    lists.total = activity.addresses().total();
    lists.addresses = entries(activity.addresses(), [](const access::IpAddress& address) {
        return access::to_string(address);
    });
    lists.blocks = entries(activity.blocks(), [](const access::IpAddress& first) {
        const bool is_ipv4 = first.family() == access::Family::ipv4;
        return access::to_string(first) + (is_ipv4 ? "/24" : "/64");
    });
    return lists;
}

control::Ban to_ban(const core::BanList::Entry& entry)
{
    control::Ban ban;
    ban.source = access::to_string(entry.block);
    ban.reason = entry.reason;
    ban.since = entry.since;
    if (entry.until)
        ban.until = to_time(*entry.until);
    ban.hits = entry.hits;
    return ban;
}

control::Ban to_ban(const core::DenyList::Entry& entry)
{
    control::Ban ban;
    ban.source = access::to_string(entry.address);
    ban.reason = "sensor";
    ban.since = to_time(entry.since);
    if (entry.until != core::DenyList::forever)
        ban.until = to_time(entry.until);
    ban.hits = entry.hits;
    return ban;
}

control::BanList ban_list(const Server& server)
{
    control::BanList list;
    for (const auto& entry : server.activity().bans().list())
        list.bans.push_back(to_ban(entry));
    auto sensed = server.sensors().denied().list();
    sensed.resize(std::min(sensed.size(), control::max_sensed));
    for (const auto& entry : sensed)
        list.sensed.push_back(to_ban(entry));
    return list;
}

} // namespace usherd::daemon
