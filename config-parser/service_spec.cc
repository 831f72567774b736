// SPDX-License-Identifier: BSD-2-Clause
//
// Comparing specs, and endpoints as text.

#include "config-parser/service_spec.h"

#include <tuple>

#include <fmt/format.h>

namespace usherd::config {

namespace {

std::string inet_text(const InetEndpoint& endpoint)
{
    if (endpoint.family == access::Family::ipv4)
        return fmt::format("{}:{}", endpoint.address ? to_string(*endpoint.address) : "*",
                           endpoint.port);
    return fmt::format("[{}]:{}",
                       endpoint.address ? to_string(*endpoint.address) : "::", endpoint.port);
}

/// What the service is and where.
auto identity(const ServiceSpec& spec)
{
    return std::tie(spec.name, spec.id, spec.types, spec.flags, spec.socket_type, spec.protocol,
                    spec.wait, spec.endpoints, spec.port, spec.redirect, spec.rpc, spec.bind_text,
                    spec.v6only);
}

/// The server process.
auto process(const ServiceSpec& spec)
{
    return std::tie(spec.user, spec.group, spec.groups, spec.supplementary_groups, spec.server,
                    spec.argv, spec.env, spec.passenv, spec.nice, spec.umask, spec.resource_limits);
}

/// What clients and operators are told.
auto records(const ServiceSpec& spec)
{
    return std::tie(spec.log_target, spec.log_target_inherited, spec.log_on_success,
                    spec.log_on_failure, spec.banner, spec.banner_success, spec.banner_fail,
                    spec.deny_time, spec.libwrap_name, spec.libwrap_name_given);
}

auto extensions(const ServiceSpec& spec)
{
    return std::tie(spec.backlog, spec.freebind, spec.socket_mode, spec.socket_owner,
                    spec.socket_group, spec.stderr_target, spec.limit_action, spec.cps_action,
                    spec.pass_fds, spec.max_runtime, spec.kill_grace);
}

std::string base_name(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

} // namespace

std::string to_string(const Endpoint& endpoint)
{
    if (const auto* inet = std::get_if<InetEndpoint>(&endpoint))
        return inet_text(*inet);
    const auto& unix_socket = std::get<UnixEndpoint>(endpoint);
    return fmt::format("unix:{}{}", unix_socket.abstract ? "@" : "", unix_socket.path);
}

bool ServiceSpec::same_settings(const ServiceSpec& other) const
{
    return identity(*this) == identity(other) && process(*this) == process(other) &&
           policy == other.policy && records(*this) == records(other) &&
           extensions(*this) == extensions(other);
}

std::string libwrap_daemon(const ServiceSpec& spec)
{
    if (spec.libwrap_name_given)
        return spec.libwrap_name;
    if (spec.is_internal() || spec.redirect)
        return spec.name;
    const bool named = spec.flags.has(ServiceFlag::nameinargs) && !spec.argv.empty();
    return base_name(named ? spec.argv[0] : spec.server);
}

bool ServiceSpec::is_wrapped() const noexcept
{
    const bool rpc_over_tcp = types.has(ServiceType::rpc) && socket_type == SocketType::stream;
    return !flags.has(ServiceFlag::nolibwrap) && !rpc_over_tcp;
}

} // namespace usherd::config
