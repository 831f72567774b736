// SPDX-License-Identifier: BSD-2-Clause
//
// Specs to text.

#include "tests/golden/spec_dump.h"

#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace usherd::test {

namespace {

class Dump {
public:
    template <typename Value>
    void line(std::string_view name, const Value& value)
    {
        text_ += fmt::format("    {}: {}\n", name, value);
    }
    void text(std::string_view name, const std::string& value)
    {
        if (!value.empty())
            line(name, value);
    }
    template <typename Value>
    void optional(std::string_view name, const std::optional<Value>& value)
    {
        if (value)
            line(name, *value);
    }
    template <typename Value>
    void unless(std::string_view name, const Value& value, const Value& usual)
    {
        if (value != usual)
            line(name, value);
    }
    template <typename Enum, std::size_t count>
    void set(std::string_view name, config::EnumSet<Enum> members,
             const std::array<std::string_view, count>& names)
    {
        std::string list;
        for (std::size_t i = 0; i < count; ++i)
            if (members.has(static_cast<Enum>(i)))
                list += (list.empty() ? "" : " ") + std::string(names[i]);
        text(name, list);
    }
    void words(std::string_view name, std::span<const std::string> list)
    {
        std::string joined;
        for (const std::string& word : list)
            joined += fmt::format("{}[{}]", joined.empty() ? "" : " ", word);
        line(name, joined.empty() ? "(none)" : joined);
    }
    std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

std::string text_of(const access::AddressRule& rule)
{
    if (const auto* host = std::get_if<access::HostPattern>(&rule))
        return host->text;
    const auto& prefix = std::get<access::Prefix>(rule);
    const auto address = access::IpAddress::from_ipv6(prefix.bytes);
    return fmt::format("{}/{}{}", to_string(address), prefix.length,
                       prefix.family == access::Family::ipv6 &&
                               address.family() == access::Family::ipv4
                           ? " (mapped)"
                           : "");
}

void dump_list(Dump& out, std::string_view name, const std::optional<access::AddressSet>& list)
{
    if (!list)
        return;
    std::vector<std::string> rules;
    for (const access::AddressRule& rule : list->rules())
        rules.push_back(text_of(rule));
    out.words(name, rules);
}

std::string count(std::uint32_t number)
{
    return number == access::unlimited ? "unlimited" : std::to_string(number);
}

void dump_policy(Dump& out, const access::Policy& policy)
{
    dump_list(out, "only_from", policy.only_from);
    dump_list(out, "no_access", policy.no_access);
    if (policy.access_match == access::AccessMatch::closest)
        out.line("access_match", "closest");
    if (policy.access_times)
        out.line("access_times", policy.access_times->size());
    out.unless("instances", count(policy.instances), count(access::unlimited));
    out.unless("per_source", count(policy.per_source), count(access::unlimited));
    const access::CpsLimit usual;
    if (!(policy.cps == usual))
        out.line("cps", fmt::format("{} {}", policy.cps.rate, policy.cps.hold_off.count()));
    out.optional("max_load", policy.max_load);
}

void dump_kind(Dump& out, const config::ServiceSpec& spec)
{
    out.set("type", spec.types,
            std::array<std::string_view, 6>{"RPC", "INTERNAL", "UNLISTED", "SPECIAL", "TCPMUX",
                                            "TCPMUXPLUS"});
    out.set("flags", spec.flags,
            std::array<std::string_view, 12>{"REUSE", "INTERCEPT", "NORETRY", "IDONLY",
                                             "NAMEINARGS", "NODELAY", "KEEPALIVE", "NOLIBWRAP",
                                             "SENSOR", "IPv4", "IPv6", "LABELED"});
    if (spec.endpoints.empty() && spec.settings->protocol.name.empty())
        return; // defaults
    constexpr std::array<std::string_view, 4> types{"stream", "dgram", "raw", "seqpacket"};
    out.line("socket", fmt::format("{} {} {}", types[static_cast<std::size_t>(spec.socket_type)],
                                   spec.settings->protocol.name, spec.wait ? "wait" : "nowait"));
    for (const config::Endpoint& endpoint : spec.endpoints) {
        const auto* inet = std::get_if<config::InetEndpoint>(&endpoint);
        out.line("listen",
                 to_string(endpoint) + (inet != nullptr && inet->v6only ? " (IPv6 only)" : ""));
    }
}

void dump_process(Dump& out, const config::ServiceSpec& spec)
{
    if (spec.process->user)
        out.line("user", fmt::format("{} ({}:{})", spec.process->user->text,
                                     spec.process->user->uid, spec.process->user->gid));
    if (spec.process->group)
        out.line("group",
                 fmt::format("{} ({})", spec.process->group->text, spec.process->group->gid));
    if (spec.process->groups)
        out.line("groups", fmt::format("{}", fmt::join(spec.process->supplementary_groups, " ")));
    out.text("server", spec.process->server);
    if (!spec.process->argv.empty())
        out.words("argv", spec.process->argv);
    if (!spec.process->env.empty())
        out.words("env", spec.process->env);
    if (spec.process->passenv)
        out.words("passenv", *spec.process->passenv);
    out.optional("nice", spec.process->nice);
    if (spec.process->umask)
        out.line("umask", fmt::format("{:03o}", *spec.process->umask));
    constexpr std::array<std::string_view, config::resource_limit_count> limits{
        "as", "cpu", "data", "files", "rss", "stack"};
    for (std::size_t i = 0; i < limits.size(); ++i)
        out.optional(fmt::format("rlimit_{}", limits[i]), spec.process->resource_limits[i]);
}

void dump_log(Dump& out, const config::ServiceSpec& spec)
{
    const std::string_view shared = spec.settings->log_target_inherited ? " (of defaults)" : "";
    if (const auto* syslog = std::get_if<config::SyslogTarget>(&spec.settings->log_target))
        out.line("log", fmt::format("SYSLOG {} {}{}", syslog->facility, syslog->level, shared));
    else if (const auto* file = std::get_if<config::FileTarget>(&spec.settings->log_target))
        out.line("log", fmt::format("FILE {} {} {}{}", file->path, file->soft_limit,
                                    file->hard_limit, shared));
    out.set(
        "log_on_success", spec.settings->log_on_success,
        std::array<std::string_view, 6>{"HOST", "DURATION", "EXIT", "PID", "USERID", "TRAFFIC"});
    out.set("log_on_failure", spec.settings->log_on_failure,
            std::array<std::string_view, 3>{"HOST", "ATTEMPT", "USERID"});
}

void dump_rest(Dump& out, const config::ServiceSpec& spec)
{
    if (spec.settings->redirect)
        out.line("redirect", fmt::format("{} {}", spec.settings->redirect->host,
                                         spec.settings->redirect->port));
    if (spec.settings->rpc)
        out.line("rpc",
                 fmt::format("{} {}-{}", spec.settings->rpc->program,
                             spec.settings->rpc->first_version, spec.settings->rpc->last_version));
    out.text("banner", spec.settings->banner);
    out.text("banner_success", spec.settings->banner_success);
    out.text("banner_fail", spec.settings->banner_fail);
    out.optional("deny_time", spec.settings->deny_time);
    out.text("bind", spec.settings->bind_text);
    out.optional("v6only", spec.settings->v6only);
    out.optional("backlog", spec.settings->backlog);
    if (spec.settings->freebind)
        out.line("freebind", true);
    if (spec.max_runtime)
        out.line("max_runtime", spec.max_runtime->count());
}

} // namespace

std::string dump(const config::ServiceSpec& spec)
{
    Dump out;
    dump_kind(out, spec);
    dump_process(out, spec);
    dump_policy(out, *spec.policy);
    dump_log(out, spec);
    dump_rest(out, spec);
    return std::move(out).take();
}

} // namespace usherd::test
