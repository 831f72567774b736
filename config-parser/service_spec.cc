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
    const auto own = [](const ServiceSpec& spec) {
        return std::tie(spec.name, spec.id, spec.types, spec.flags, spec.socket_type, spec.wait,
                        spec.endpoints, spec.port, spec.max_runtime, spec.kill_grace);
    };
    return own(*this) == own(other) && process == other.process && policy == other.policy &&
           settings == other.settings;
}

std::string libwrap_daemon(const ServiceSpec& spec)
{
    if (spec.settings->libwrap_name_given)
        return spec.settings->libwrap_name;
    if (spec.is_internal() || spec.settings->redirect)
        return spec.name;
    const bool named = spec.flags.has(ServiceFlag::nameinargs) && !spec.process->argv.empty();
    return base_name(named ? spec.process->argv[0] : spec.process->server);
}

bool ServiceSpec::is_wrapped() const noexcept
{
    const bool rpc_over_tcp = types.has(ServiceType::rpc) && socket_type == SocketType::stream;
    return !flags.has(ServiceFlag::nolibwrap) && !rpc_over_tcp;
}

} // namespace usherd::config
