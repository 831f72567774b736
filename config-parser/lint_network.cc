// SPDX-License-Identifier: BSD-2-Clause
//
// UL010 to UL013: ports, descriptors, and who can reach a service.

#include <algorithm>
#include <array>
#include <tuple>

#include "config-parser/lint_checks.h"

namespace usherd::config {

namespace {

/// Agents of monitoring and remote administration: they tell all about a machine or do what they
/// are told, and are asked by a few servers. Known by the service's name, by its program or, since
/// names vary, by the port that is theirs by custom.
struct Agent {
    std::string_view name;
    std::uint16_t port; ///< 0: the name alone
};
constexpr std::array agents{
    Agent{"check_mk", 6556},
    Agent{"check-mk-agent", 6556},
    Agent{"check_mk_agent", 6556},
    Agent{"nrpe", 5666},
    Agent{"nsca", 5667},
    Agent{"amanda", 10080},
    Agent{"amandad", 10080},
    Agent{"amandaidx", 10082},
    Agent{"amidxtaped", 10083},
    Agent{"zabbix_agent", 10050},
    Agent{"zabbix_agentd", 10050},
    Agent{"munin", 4949},
    Agent{"munin-node", 4949},
    Agent{"bacula-fd", 9102},
    Agent{"xymon", 1984},
    Agent{"swat", 901},
    Agent{"webmin", 0},
    Agent{"clustercheck", 9200},
    Agent{"mysqlchk", 9200},
    Agent{"pgsqlchk", 0},
    Agent{"statsrv", 0},
    Agent{"netstat", 15},
    Agent{"systat", 11},
    Agent{"shell", 514},
    Agent{"rsh", 0},
    Agent{"in.rshd", 0},
    Agent{"login", 513},
    Agent{"rlogin", 0},
    Agent{"in.rlogind", 0},
    Agent{"exec", 512},
    Agent{"rexec", 0},
    Agent{"in.rexecd", 0},
};

bool is_loopback(const Endpoint& endpoint)
{
    const auto* inet = std::get_if<InetEndpoint>(&endpoint);
    return inet == nullptr || (inet->address && inet->address->is_loopback());
}

bool admits_everybody(const access::Policy& policy)
{
    if (!policy.only_from)
        return true;
    const auto rules = policy.only_from->rules();
    return std::any_of(rules.begin(), rules.end(), [](const access::AddressRule& rule) {
        const auto* prefix = std::get_if<access::Prefix>(&rule);
        return prefix != nullptr && prefix->length == 0;
    });
}

bool is_open(const ServiceSpec& spec)
{
    return admits_everybody(*spec.policy) &&
           !std::all_of(spec.endpoints.begin(), spec.endpoints.end(), is_loopback);
}

void report_open(LintRun& run, Lint lint, const ServiceSpec& spec, const std::string& message)
{
    const bool may_be_elsewhere = run.options().is_fragment && !spec.policy->only_from;
    Diagnostic& stored =
        run.report(lint, spec, "only_from",
                   message + (may_be_elsewhere ? ", unless `defaults` give only_from" : ""));
    if (may_be_elsewhere)
        stored.severity = Severity::info;
}

void check_udp(LintRun& run, const ServiceSpec& spec)
{
    constexpr std::array<std::string_view, 4> answering{"echo", "chargen", "daytime", "time"};
    if (spec.is_internal() && spec.socket_type == SocketType::dgram &&
        std::find(answering.begin(), answering.end(), spec.name) != answering.end() &&
        is_open(spec))
        report_open(run, Lint::udp_open, spec,
                    fmt::format("{} over UDP answers whatever address a datagram claims to come "
                                "from",
                                spec.name));
}

const Agent* find_agent(const ServiceSpec& spec)
{
    const std::string_view program = base_name(spec.process->server);
    for (const Agent& agent : agents)
        if (spec.name == agent.name || spec.id == agent.name || program == agent.name ||
            (agent.port != 0 && spec.port == agent.port))
            return &agent;
    return nullptr;
}

void check_agent(LintRun& run, const ServiceSpec& spec)
{
    if (spec.is_internal() || !is_open(spec))
        return;
    if (const Agent* agent = find_agent(spec))
        report_open(run, Lint::agent_open, spec,
                    fmt::format("everybody may ask {}, an agent for administrators", agent->name));
}

/// Descriptors that the daemon itself holds for each connection while it lasts.
std::uint64_t descriptors_held(const ServiceSpec& spec)
{
    if (spec.settings->redirect)
        return 6; // two sockets, and a pipe for each direction
    const bool session = spec.is_internal() && spec.socket_type == SocketType::stream;
    return session || spec.process->stderr_target == StderrTarget::log ? 1 : 0;
}

void check_descriptors(LintRun& run, const ServiceSpec& spec)
{
    const std::uint64_t limit = run.options().descriptor_limit;
    const std::uint64_t each = descriptors_held(spec);
    const std::uint32_t instances = spec.policy->instances;
    if (limit == 0 || instances == access::unlimited || instances * each <= limit)
        return;
    run.report(Lint::cap_above_descriptors, spec, "instances",
               fmt::format("instances = {} takes {} descriptors, and the limit is {}", instances,
                           instances * each, limit));
}

/// A datagram socket, by what it shares with others.
using PortKey = std::tuple<int, std::uint16_t, access::Family>;
struct Place {
    const ServiceSpec* spec;
    const Endpoint* endpoint;
    bool is_wildcard;
};

void compare(LintRun& run, const std::vector<Place>& places)
{
    const auto wild = std::find_if(places.begin(), places.end(),
                                   [](const Place& place) { return place.is_wildcard; });
    if (wild == places.end())
        return;
    for (const Place& place : places)
        if (!place.is_wildcard && place.spec != wild->spec)
            run.report(Lint::shared_port, *place.spec, "port",
                       fmt::format("datagrams to {} come here, all others for that port go to "
                                   "service '{}' at {}",
                                   to_string(*place.endpoint), wild->spec->id,
                                   run.place(wild->spec->location)));
}

/// Stream services that overlap are dropped by the loader; datagram services live on side by side.
void check_ports(LintRun& run)
{
    std::map<PortKey, std::vector<Place>> ports;
    for (const SpecPointer& spec : run.loaded().services)
        for (const Endpoint& endpoint : spec->endpoints) {
            const auto* inet = std::get_if<InetEndpoint>(&endpoint);
            if (inet == nullptr || spec->socket_type != SocketType::dgram || inet->port == 0)
                continue;
            const bool wild = !inet->address || inet->address->is_unspecified();
            ports[{spec->settings->protocol.number, inet->port, inet->family}].push_back(
                {spec.get(), &endpoint, wild});
            if (wild && inet->family == access::Family::ipv6 && !inet->v6only)
                ports[{spec->settings->protocol.number, inet->port, access::Family::ipv4}]
                    .push_back({spec.get(), &endpoint, true});
        }
    for (const auto& [key, places] : ports)
        compare(run, places);
}

} // namespace

void lint_network(LintRun& run)
{
    check_ports(run);
    for (const SpecPointer& spec : run.loaded().services) {
        check_descriptors(run, *spec);
        check_udp(run, *spec);
        check_agent(run, *spec);
    }
}

} // namespace usherd::config
