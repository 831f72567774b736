// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/attribute_text.h"

#include <algorithm>
#include <array>
#include <syslog.h>
#include <vector>

#include <fmt/format.h>

#include "access-control/rule_text.h"
#include "config-parser/attribute_table.h"
#include "config-parser/value_names.h"

namespace usherd::config {

namespace {

template <typename Enum, std::size_t count>
std::string words(EnumSet<Enum> set, const std::array<std::string_view, count>& names)
{
    std::vector<std::string_view> present;
    for (std::size_t i = 0; i < count; ++i)
        if (set.has(static_cast<Enum>(i)))
            present.push_back(names[i]);
    return fmt::format("{}", fmt::join(present, " "));
}

std::string yes_no(bool value)
{
    return value ? "yes" : "no";
}

std::string limit(std::uint64_t count, std::uint64_t none)
{
    return count == none ? "UNLIMITED" : fmt::format("{}", count);
}

template <typename Number>
std::string number(const std::optional<Number>& value)
{
    return value ? fmt::format("{}", *value) : std::string();
}

std::string octal(const std::optional<std::uint32_t>& mode)
{
    return mode ? fmt::format("{:o}", *mode) : std::string();
}

std::string addresses(const std::optional<access::AddressSet>& set)
{
    std::vector<std::string> rules;
    if (set)
        for (const access::AddressRule& rule : set->rules())
            rules.push_back(access::to_string(rule));
    return fmt::format("{}", fmt::join(rules, " "));
}

std::string times(const ServiceSpec& spec)
{
    std::vector<std::string> windows;
    if (spec.policy->access_times)
        for (const access::TimeWindow& window : *spec.policy->access_times)
            windows.push_back(fmt::format("{}:{:02}-{}:{:02}", window.from.value / 60,
                                          window.from.value % 60, window.to.value / 60,
                                          window.to.value % 60));
    return fmt::format("{}", fmt::join(windows, " "));
}

std::string log_target(const ServiceSpec& spec)
{
    if (const auto* file = std::get_if<FileTarget>(&spec.settings->log_target)) {
        if (file->soft_limit == 0)
            return fmt::format("FILE {}", file->path);
        return fmt::format("FILE {} {} {}", file->path, file->soft_limit, file->hard_limit);
    }
    if (const auto* syslog = std::get_if<SyslogTarget>(&spec.settings->log_target))
        return fmt::format("SYSLOG {} {}",
                           facility_names.at(static_cast<std::size_t>(LOG_FAC(syslog->facility))),
                           level_names.at(static_cast<std::size_t>(LOG_PRI(syslog->level))));
    return {};
}

std::string arguments(const ServiceSpec& spec)
{
    const std::size_t first = spec.flags.has(ServiceFlag::nameinargs) ? 0 : 1;
    if (spec.process->argv.size() <= first)
        return {};
    return fmt::format("{}",
                       fmt::join(spec.process->argv.begin() + static_cast<std::ptrdiff_t>(first),
                                 spec.process->argv.end(), " "));
}

std::string deny_time(const ServiceSpec& spec)
{
    if (!spec.settings->deny_time)
        return {};
    return *spec.settings->deny_time == deny_forever ? "FOREVER"
           : *spec.settings->deny_time == deny_never ? "NEVER"
                                                     : fmt::format("{}", *spec.settings->deny_time);
}

std::string redirect(const ServiceSpec& spec)
{
    return spec.settings->redirect
               ? fmt::format("{} {}", spec.settings->redirect->host, spec.settings->redirect->port)
               : "";
}

std::string rpc_versions(const ServiceSpec& spec)
{
    if (!spec.settings->rpc || spec.settings->rpc->first_version == 0)
        return {};
    return spec.settings->rpc->first_version == spec.settings->rpc->last_version
               ? fmt::format("{}", spec.settings->rpc->first_version)
               : fmt::format("{}-{}", spec.settings->rpc->first_version,
                             spec.settings->rpc->last_version);
}

std::string listen(const ServiceSpec& spec)
{
    std::vector<std::string> endpoints;
    for (const Endpoint& endpoint : spec.endpoints)
        endpoints.push_back(to_string(endpoint));
    return fmt::format("{}", fmt::join(endpoints, " "));
}

template <ResourceLimit which>
std::string resource_limit(const ServiceSpec& spec)
{
    const auto& value = spec.process->resource_limits[static_cast<std::size_t>(which)];
    return value ? limit(*value, no_resource_limit) : std::string();
}

struct Writer {
    std::string_view attribute;
    std::string (*text)(const ServiceSpec& spec);
};

using Spec = const ServiceSpec&;

constexpr std::array writers{
    Writer{"id", [](Spec s) { return s.id; }},
    Writer{"type", [](Spec s) { return words(s.types, type_names); }},
    Writer{"flags", [](Spec s) { return words(s.flags, flag_names); }},
    Writer{"socket_type", [](Spec s) { return std::string(name(s.socket_type)); }},
    Writer{"protocol", [](Spec s) { return s.settings->protocol.name; }},
    Writer{"wait", [](Spec s) { return yes_no(s.wait); }},
    Writer{"user", [](Spec s) { return s.process->user ? s.process->user->text : std::string(); }},
    Writer{"group",
           [](Spec s) { return s.process->group ? s.process->group->text : std::string(); }},
    Writer{"groups", [](Spec s) { return yes_no(s.process->groups); }},
    Writer{"instances", [](Spec s) { return limit(s.policy->instances, access::unlimited); }},
    Writer{"per_source", [](Spec s) { return limit(s.policy->per_source, access::unlimited); }},
    Writer{"cps",
           [](Spec s) {
               const auto& cps = s.policy->cps;
               return fmt::format("{} {}", cps.rate, cps.hold_off.count());
           }},
    Writer{"max_load", [](Spec s) { return number(s.policy->max_load); }},
    Writer{"nice", [](Spec s) { return number(s.process->nice); }},
    Writer{"server", [](Spec s) { return s.process->server; }},
    Writer{"server_args", arguments},
    Writer{"only_from", [](Spec s) { return addresses(s.policy->only_from); }},
    Writer{"no_access", [](Spec s) { return addresses(s.policy->no_access); }},
    Writer{"access_times", times},
    Writer{"log_type", log_target},
    Writer{"log_on_success",
           [](Spec s) { return words(s.settings->log_on_success, success_names); }},
    Writer{"log_on_failure",
           [](Spec s) { return words(s.settings->log_on_failure, failure_names); }},
    Writer{"rpc_version", rpc_versions},
    Writer{"rpc_number",
           [](Spec s) {
               return s.settings->rpc ? fmt::format("{}", s.settings->rpc->program) : std::string();
           }},
    Writer{"env", [](Spec s) { return fmt::format("{}", fmt::join(s.process->env, " ")); }},
    Writer{"passenv",
           [](Spec s) {
               return s.process->passenv ? fmt::format("{}", fmt::join(*s.process->passenv, " "))
                                         : std::string();
           }},
    Writer{"port", [](Spec s) { return number(s.port); }},
    Writer{"redirect", redirect},
    Writer{"bind", [](Spec s) { return s.settings->bind_text.str(); }},
    Writer{"banner", [](Spec s) { return s.settings->banner.str(); }},
    Writer{"banner_success", [](Spec s) { return s.settings->banner_success.str(); }},
    Writer{"banner_fail", [](Spec s) { return s.settings->banner_fail.str(); }},
    Writer{"umask", [](Spec s) { return octal(s.process->umask); }},
    Writer{"rlimit_as", resource_limit<ResourceLimit::as>},
    Writer{"rlimit_cpu", resource_limit<ResourceLimit::cpu>},
    Writer{"rlimit_data", resource_limit<ResourceLimit::data>},
    Writer{"rlimit_files", resource_limit<ResourceLimit::files>},
    Writer{"rlimit_rss", resource_limit<ResourceLimit::rss>},
    Writer{"rlimit_stack", resource_limit<ResourceLimit::stack>},
    Writer{"deny_time", deny_time},
    Writer{"v6only",
           [](Spec s) { return s.settings->v6only ? yes_no(*s.settings->v6only) : std::string(); }},
    Writer{"libwrap", [](Spec s) { return s.settings->libwrap_name.str(); }},
    Writer{"listen", listen},
    Writer{"backlog", [](Spec s) { return number(s.settings->backlog); }},
    Writer{"freebind", [](Spec s) { return yes_no(s.settings->freebind); }},
    Writer{"socket_mode", [](Spec s) { return octal(s.settings->socket_mode); }},
    Writer{"socket_owner", [](Spec s) { return number(s.settings->socket_owner); }},
    Writer{"socket_group", [](Spec s) { return number(s.settings->socket_group); }},
    Writer{"stderr",
           [](Spec s) {
               constexpr std::array<const char*, 3> names{"client", "log", "null"};
               return std::string(names.at(static_cast<std::size_t>(s.process->stderr_target)));
           }},
    Writer{"max_runtime",
           [](Spec s) {
               return s.max_runtime ? fmt::format("{}s", s.max_runtime->count())
                                    : std::string("UNLIMITED");
           }},
    Writer{"kill_grace", [](Spec s) { return fmt::format("{}s", s.kill_grace.count()); }},
    Writer{"limit_action",
           [](Spec s) {
               return std::string(s.settings->limit_action == LimitAction::queue ? "queue"
                                                                                 : "refuse");
           }},
    Writer{"cps_action",
           [](Spec s) {
               constexpr std::array<const char*, 3> names{"disable", "delay", "refuse"};
               return std::string(names.at(static_cast<std::size_t>(s.settings->cps_action)));
           }},
    Writer{"access_match",
           [](Spec s) {
               return std::string(s.policy->access_match == access::AccessMatch::closest
                                      ? "closest"
                                      : "deny_first");
           }},
    Writer{"pass_fds",
           [](Spec s) {
               constexpr std::array<const char*, 3> names{"inetd", "systemd", "both"};
               return std::string(names.at(static_cast<std::size_t>(s.process->pass_fds)));
           }},
    Writer{"no_new_privs", [](Spec s) { return yes_no(s.process->no_new_privs); }},
};

} // namespace

std::string_view name(ServiceType type) noexcept
{
    return type_names[static_cast<std::size_t>(type)];
}

std::string_view name(ServiceFlag flag) noexcept
{
    return flag_names[static_cast<std::size_t>(flag)];
}

std::string_view name(SocketType type) noexcept
{
    return socket_type_names[static_cast<std::size_t>(type)];
}

std::string attribute_text(const ServiceSpec& spec, std::uint16_t row)
{
    const std::string_view attribute = attribute_table()[row].name;
    const auto* writer = std::find_if(writers.begin(), writers.end(), [attribute](const Writer& w) {
        return w.attribute == attribute;
    });
    return writer == writers.end() ? std::string() : writer->text(spec);
}

} // namespace usherd::config
