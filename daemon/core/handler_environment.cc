// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/handler_environment.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace usherd::core {

namespace {

constexpr std::array<std::string_view, handler_variable_count> variable_names{
    "REMOTE_ADDR",   "REMOTE_PORT", "LOCAL_ADDR",   "LOCAL_PORT",  "PROTO",     "TCPREMOTEIP",
    "TCPREMOTEPORT", "TCPLOCALIP",  "TCPLOCALPORT", "REMOTE_HOST", "LISTEN_PID"};

/// Up to, not including, the first `=`. Without one there is no name, as for getenv(3).
std::optional<std::string_view> name_of(std::string_view entry)
{
    const auto end = entry.find('=');
    if (end == std::string_view::npos)
        return std::nullopt;
    return entry.substr(0, end);
}

using Strings = std::vector<std::string>;

Strings::const_iterator find_variable(const Strings& environment, std::string_view wanted)
{
    return std::find_if(environment.begin(), environment.end(),
                        [&](const std::string& entry) { return name_of(entry) == wanted; });
}

/// Replaces the first definition in place, as xinetd does, or follows the others.
void set_variable(Strings& environment, const std::string& definition)
{
    const auto wanted = name_of(definition);
    const auto old = wanted ? find_variable(environment, *wanted) : environment.end();
    if (old == environment.end())
        environment.push_back(definition);
    else
        environment[static_cast<std::size_t>(old - environment.begin())] = definition;
}

/// A descriptor name may hold no colon and no control character. @see sd_listen_fds(3)
std::string descriptor_name(const config::ServiceSpec& spec)
{
    if (!spec.wait)
        return "connection"; // as systemd calls the socket of an Accept=yes unit
    constexpr std::size_t longest = 255;
    std::string text = spec.id.substr(0, longest);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~' || c == ':'; }, '_');
    return text;
}

void set_listen_variables(Strings& environment, const config::ServiceSpec& spec)
{
    set_variable(environment, "LISTEN_PID=");
    set_variable(environment, "LISTEN_FDS=1");
    set_variable(environment, "LISTEN_FDNAMES=" + descriptor_name(spec));
}

std::optional<HandlerVariable> handler_variable(std::string_view entry, bool with_listen_pid)
{
    const auto wanted = name_of(entry);
    if (!wanted)
        return std::nullopt;
    const auto found = std::find(variable_names.begin(), variable_names.end(), *wanted);
    if (found == variable_names.end())
        return std::nullopt;
    const auto variable = static_cast<HandlerVariable>(found - variable_names.begin());
    if (variable == HandlerVariable::listen_pid && !with_listen_pid)
        return std::nullopt;
    return variable;
}

/// Puts each handler variable where the base has one of that name, once; the others follow.
std::vector<EnvironmentEntry> lay_out(Strings base, bool with_listen_pid)
{
    std::vector<EnvironmentEntry> layout;
    layout.reserve(base.size() + handler_variable_count);
    std::array<bool, handler_variable_count> placed{};
    for (std::string& entry : base) {
        const auto variable = handler_variable(entry, with_listen_pid);
        if (!variable)
            layout.emplace_back(std::move(entry));
        else if (!std::exchange(placed[static_cast<std::size_t>(*variable)], true))
            layout.emplace_back(*variable);
    }
    for (std::size_t i = 0; i < handler_variable_count; ++i) {
        const auto variable = static_cast<HandlerVariable>(i);
        if (!placed[i] && variable != HandlerVariable::listen_pid)
            layout.emplace_back(variable);
    }
    return layout;
}

struct EndVariables {
    HandlerVariable address, port, tcp_address, tcp_port;
};
constexpr EndVariables remote_end{HandlerVariable::remote_addr, HandlerVariable::remote_port,
                                  HandlerVariable::tcp_remote_ip, HandlerVariable::tcp_remote_port};
constexpr EndVariables local_end{HandlerVariable::local_addr, HandlerVariable::local_port,
                                 HandlerVariable::tcp_local_ip, HandlerVariable::tcp_local_port};

void add_end(ConnectionEnvironment& environment, const EndVariables& variables,
             const access::Peer& end, bool is_tcp)
{
    const std::string address = to_string(end.address);
    const fmt::format_int port(end.port);
    const std::string_view port_text(port.data(), port.size());
    environment.add(variables.address, address);
    environment.add(variables.port, port_text);
    if (!is_tcp)
        return;
    environment.add(variables.tcp_address, address);
    environment.add(variables.tcp_port, port_text);
}

} // namespace

std::vector<std::string> base_environment(const config::ServiceSpec& spec,
                                          const std::vector<std::string>& daemons)
{
    Strings environment;
    if (!spec.process->passenv)
        environment = daemons;
    else
        for (const std::string& wanted : *spec.process->passenv) {
            const auto inherited = find_variable(daemons, wanted);
            if (inherited != daemons.end())
                set_variable(environment, *inherited);
        }
    for (const std::string& addition : spec.process->env)
        set_variable(environment, addition);
    return environment;
}

std::string_view name(HandlerVariable variable) noexcept
{
    return variable_names[static_cast<std::size_t>(variable)];
}

std::vector<EnvironmentEntry> environment_layout(const config::ServiceSpec& spec,
                                                 const std::vector<std::string>& inherited)
{
    Strings environment = base_environment(spec, inherited);
    const bool with_listen_pid = spec.process->pass_fds != config::PassFds::inetd;
    if (with_listen_pid)
        set_listen_variables(environment, spec);
    return lay_out(std::move(environment), with_listen_pid);
}

const char* ConnectionEnvironment::find(HandlerVariable variable) const noexcept
{
    const std::uint16_t start = starts_[static_cast<std::size_t>(variable)];
    return start == absent ? nullptr : text_.c_str() + start;
}

void ConnectionEnvironment::add(HandlerVariable variable, std::string_view value)
{
    constexpr std::size_t usual_length = 300; // all ten with IPv6 addresses
    if (text_.empty())
        text_.reserve(usual_length);
    std::uint16_t& start = starts_[static_cast<std::size_t>(variable)];
    assert(start == absent && text_.size() < absent);
    start = static_cast<std::uint16_t>(text_.size());
    text_.append(name(variable));
    text_.push_back('=');
    text_.append(value);
    text_.push_back('\0');
}

ConnectionEnvironment connection_environment(const ConnectionFacts& facts)
{
    ConnectionEnvironment environment;
    if (facts.peer)
        add_end(environment, remote_end, *facts.peer, facts.is_tcp);
    if (facts.local)
        add_end(environment, local_end, *facts.local, facts.is_tcp);
    // PROTO promises the other variables of the protocol, so a server that will accept for itself
    // gets none. @see ucspi-tcp, the environment of tcpserver
    if (facts.is_unix)
        environment.add(HandlerVariable::proto, "UNIX");
    else if (facts.peer)
        environment.add(HandlerVariable::proto, facts.is_tcp ? "TCP" : "UDP");
    environment.add(HandlerVariable::remote_host,
                    facts.peer ? access::log_text(*facts.peer) : "<no address>");
    return environment;
}

} // namespace usherd::core
