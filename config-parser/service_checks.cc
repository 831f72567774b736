// SPDX-License-Identifier: BSD-2-Clause
//
// What contradicts what in one service. The order is xinetd's; each mistake is told once, and a
// mistake that follows from another is not told.

#include <algorithm>
#include <array>
#include <netinet/in.h>

#include "config-parser/finishing.h"

namespace usherd::config {

namespace {

/// A redirection needs no program, nor does an internal service.
void check_server(Finishing& service)
{
    const ServiceSpec& spec = service.spec();
    const bool needs_name = !service.draft.from_inetd; // there an empty one is possible
    if (service.has(ServiceFlag::nameinargs) && service.draft.server_args.empty() && needs_name)
        service.fail("flags", "the flag NAMEINARGS needs server_args, whose first word it takes");
    if (spec.process->server.empty() && !spec.settings->redirect && !spec.is_internal())
        service.fail("server", "there is no server to start");
}

void check_port(Finishing& service)
{
    const ServiceSpec& spec = service.spec();
    if (service.listens_as_told())
        return;
    const bool unlisted = service.is(ServiceType::unlisted);
    if (service.is(ServiceType::rpc) || service.is_tcpmux_client())
        return;
    if (unlisted && !spec.port)
        service.fail("port", "an UNLISTED service needs a port");
    else if (!spec.port && !service.draft.protocol)
        service.fail("protocol", "without socket_type, protocol and port there is nothing to "
                                 "look the port up by");
    else if (!spec.port)
        service
            .fail("port", fmt::format("no port is given, and '{}' is not in the services "
                                      "database for {}",
                                      spec.name, spec.settings->protocol.name))
            .suggestion = service.draft.from_inetd ? "add it to /etc/services"
                                                   : "give a port and 'type = UNLISTED'";
}

void check_listed_port(Finishing& service)
{
    const ServiceSpec& spec = service.spec();
    if (service.is(ServiceType::unlisted) || service.is(ServiceType::rpc) ||
        service.listens_as_told() || !spec.port)
        return;
    if (!service.draft.protocol) {
        if (service.good)
            service.fail("protocol", "neither socket_type nor protocol says which of the listed "
                                     "services is meant");
        return;
    }
    const auto listed = service.context.names.port_of(spec.name, spec.settings->protocol.name);
    if (!listed)
        service
            .fail("port", fmt::format("'{}' is not in the services database for {}", spec.name,
                                      spec.settings->protocol.name))
            .suggestion = "say 'type = UNLISTED'";
    else if (listed != spec.port)
        service
            .fail("port", fmt::format("port {} is given, but the services database has {}",
                                      *spec.port, *listed))
            .suggestion = "for another port say 'type = UNLISTED'";
}

void check_listen(Finishing& service)
{
    if (!service.listens_as_told())
        return;
    for (const char* const other : {"port", "bind", "interface"})
        if (service.is_given(other))
            service.fail(other,
                         fmt::format("listen takes the place of {}: give one of them", other));
    if (service.is_tcpmux_client())
        service.fail("listen", "a TCPMUX service has no socket of its own");
    if (service.is(ServiceType::rpc))
        service.fail("listen", "an RPC service gets its port from the kernel; use bind");
    const auto& endpoints = service.spec().endpoints;
    const bool some_unix = std::any_of(endpoints.begin(), endpoints.end(), [](const Endpoint& one) {
        return std::holds_alternative<UnixEndpoint>(one);
    });
    if (some_unix && service.draft.socket_type == SocketType::raw)
        service.fail("listen", "there are no raw UNIX sockets");
}

/// An intercepted service would have to be external and wait; xinetd only takes the flag away. What
/// is left of it does nothing here, and in xinetd ends the server (D20).
void check_intercept(Finishing& service)
{
    if (!service.has(ServiceFlag::intercept))
        return;
    const bool internal = service.is(ServiceType::internal);
    if (!internal && service.draft.wait != false) {
        service
            .remark(Severity::warning, "flags",
                    "the flag INTERCEPT has no effect: the server sees to its clients itself")
            .unknown_to_xinetd = true;
        return;
    }
    service
        .remark(Severity::error, "flags",
                fmt::format("the flag INTERCEPT is ignored: {}",
                            internal ? "an internal service cannot be intercepted"
                                     : "only services with wait = yes can be intercepted"))
        .effect = Effect::word_ignored;
    service.spec().flags.remove(ServiceFlag::intercept);
}

/// The usherctl command that answers what an internal service answered that left xinetd
/// with 2.3.12.
std::string_view successor_of(std::string_view name)
{
    if (name == "servers")
        return "connections";
    if (name == "services")
        return "services";
    return name == "xadmin" ? "status" : "";
}

void check_builtin(Finishing& service)
{
    constexpr std::array<std::string_view, 5> both_kinds{"echo", "discard", "chargen", "daytime",
                                                         "time"};
    ServiceSpec& spec = service.spec();
    if (service.has(ServiceFlag::sensor)) {
        spec.types.add(ServiceType::internal);
        if (spec.socket_type != SocketType::stream && spec.socket_type != SocketType::dgram)
            service.fail("socket_type", "a sensor's socket_type is stream or dgram");
        return;
    }
    if (!spec.is_internal())
        return;
    if (!service.draft.socket_type) {
        if (service.good)
            service.fail("socket_type", "the attribute 'socket_type' is missing");
        return;
    }
    const SocketType type = spec.socket_type;
    const bool listed =
        std::find(both_kinds.begin(), both_kinds.end(), spec.name) != both_kinds.end();
    if (listed && (type == SocketType::stream || type == SocketType::dgram))
        return;
    if (spec.name == "tcpmux" && type == SocketType::stream)
        return;
    Diagnostic& diagnostic = service.fail(
        "type", fmt::format("there is no internal service '{}' for this socket_type", spec.name));
    const auto successor = successor_of(spec.name);
    if (successor.empty())
        diagnostic.suggestion =
            "internal are echo, discard, chargen, daytime, time and, for stream, tcpmux";
    else
        diagnostic.suggestion = fmt::format(
            "what it told every client, 'usherctl {}' tells whoever may ask", successor);
}

void check_labeled(Finishing& service)
{
    if (!service.has(ServiceFlag::labeled))
        return;
    const ServiceSpec& spec = service.spec();
    const char* obstacle = nullptr;
    if (spec.is_internal())
        obstacle = "an internal service";
    else if (service.draft.socket_type && spec.socket_type != SocketType::stream)
        obstacle = "a socket_type that is not stream";
    else if (service.draft.wait == true)
        obstacle = "wait = yes";
    else if (spec.settings->redirect)
        obstacle = "redirect";
    if (obstacle != nullptr)
        service.fail("flags", fmt::format("the flag LABELED does not go with {}", obstacle));
    else
        service.remark(Severity::warning, "flags", "the flag LABELED means nothing without SELinux")
            .unknown_to_xinetd = true;
}

void check_tcpmux(Finishing& service)
{
    if (!service.is_tcpmux_client())
        return;
    if (!service.is(ServiceType::unlisted))
        service.fail("type", "a TCPMUX service must be UNLISTED too");
    if (service.draft.protocol && service.draft.protocol->number != IPPROTO_TCP)
        service.fail(service.is_given("protocol") ? "protocol" : "socket_type",
                     "a TCPMUX service must use tcp");
}

void check_rpc(Finishing& service)
{
    if (!service.is(ServiceType::rpc))
        return;
    ServiceSpec& spec = service.spec();
    const auto program = service.is(ServiceType::unlisted)
                             ? service.draft.rpc_number
                             : service.context.names.rpc_program(spec.name);
    if (!program && !service.is(ServiceType::unlisted))
        service.fail("type", fmt::format("'{}' is not in the rpc database", spec.name)).suggestion =
            "give rpc_number and 'type = RPC UNLISTED'";
    if (spec.settings->rpc && program)
        spec.settings->rpc->program = *program;
    // As xinetd: whoever reaches it has asked rpcbind, which has rules of its own.
    if (service.draft.protocol && service.draft.protocol->number == IPPROTO_TCP)
        spec.flags.add(ServiceFlag::nolibwrap);
}

void check_redirect(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    if (!spec.settings->redirect) {
        if (spec.settings->log_on_success.has(SuccessLog::traffic))
            service.fail("log_on_success", "TRAFFIC is counted for a redirect only");
        return;
    }
    if (service.draft.socket_type && spec.socket_type != SocketType::stream)
        service.fail("redirect", "only stream services can be redirected");
    if (service.draft.wait == true)
        service.fail("redirect", "a redirected service must have wait = no");
    if (service.has(ServiceFlag::nameinargs))
        service.fail("flags", "a redirected service has no argument to name it by: NAMEINARGS");
}

/// A program on a datagram socket takes it over; two at a time would steal from each other.
void check_datagrams(Finishing& service)
{
    const bool waits = service.draft.wait.value_or(true);
    if (service.draft.socket_type == SocketType::dgram && !waits && !service.spec().is_internal())
        service.fail("wait", "a dgram service must have wait = yes");
}

/// stream is tcp's and dgram is udp's: the kernel has no socket for the other pairs.
void check_transport(Finishing& service)
{
    if (!service.draft.socket_type || !service.draft.protocol)
        return;
    const int protocol = service.draft.protocol->number;
    const bool stream = service.draft.socket_type == SocketType::stream;
    const bool datagram = service.draft.socket_type == SocketType::dgram;
    if ((protocol == IPPROTO_TCP && datagram) || (protocol == IPPROTO_UDP && stream))
        service.fail("protocol",
                     fmt::format("protocol {} does not go with socket_type {}",
                                 service.draft.protocol->name, stream ? "stream" : "dgram"));
}

/// @param already_told true if `protocol` was missed before.
void check_required(Finishing& service, bool already_told)
{
    const ServiceDraft& draft = service.draft;
    service.tells_all = service.good; // xinetd, too, names all that is missing
    const auto require = [&service](bool present, const char* attribute) {
        if (!present)
            service.fail(attribute, fmt::format("the attribute '{}' is missing", attribute));
    };
    const auto& endpoints = draft.spec.endpoints; // by now those of `listen`
    const bool unix_only =
        !endpoints.empty() && std::all_of(endpoints.begin(), endpoints.end(), [](const auto& one) {
            return std::holds_alternative<UnixEndpoint>(one);
        });
    require(draft.wait.has_value(), "wait");
    require(draft.socket_type.has_value() || already_told, "socket_type");
    require(draft.protocol.has_value() || already_told || unix_only, "protocol");
    require(draft.spec.process->user.has_value() || draft.spec.is_internal(), "user");
    if (!service.is(ServiceType::rpc))
        return;
    require(draft.spec.settings->rpc.has_value(), "rpc_version");
    require(draft.rpc_number.has_value() || !service.is(ServiceType::unlisted), "rpc_number");
}

/// The ident service must not ask itself who asks.
void check_ident(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    if (spec.port != 113 || spec.settings->protocol.name != "tcp")
        return;
    if (spec.settings->log_on_success.has(SuccessLog::userid))
        service.remark(Severity::warning, "log_on_success",
                       "USERID is taken out of log_on_success: this is the ident service itself");
    if (spec.settings->log_on_failure.has(FailureLog::userid))
        service.remark(Severity::warning, "log_on_failure",
                       "USERID is taken out of log_on_failure: this is the ident service itself");
    spec.settings->log_on_success.remove(SuccessLog::userid);
    spec.settings->log_on_failure.remove(FailureLog::userid);
}

void check_socket_file(Finishing& service)
{
    const auto& endpoints = service.spec().endpoints;
    const bool has_file = std::any_of(endpoints.begin(), endpoints.end(), [](const Endpoint& one) {
        const auto* unix_endpoint = std::get_if<UnixEndpoint>(&one);
        return unix_endpoint != nullptr && !unix_endpoint->abstract;
    });
    for (const char* const attribute : {"socket_mode", "socket_owner", "socket_group"})
        if (!has_file && service.is_given(attribute))
            service.remark(Severity::warning, attribute,
                           fmt::format("{} has no effect: listen names no socket in the file "
                                       "system",
                                       attribute));
}

} // namespace

void check_service(Finishing& service)
{
    check_server(service);
    check_port(service);
    service.draft.has_place = service.good;
    bool nothing_known = !service.good && !service.draft.protocol && !service.spec().port &&
                         !service.draft.socket_type && !service.is(ServiceType::unlisted);
    check_intercept(service);
    check_builtin(service);
    check_labeled(service);
    check_tcpmux(service);
    check_rpc(service);
    check_listed_port(service);
    // Where one is told as missing before, all that follows from it is not told again.
    nothing_known = nothing_known || (!service.good && !service.draft.protocol);
    check_redirect(service);
    if (service.spec().is_internal() && service.has(ServiceFlag::nameinargs))
        service.fail("flags", "an internal service has no arguments: NAMEINARGS");
    check_datagrams(service);
    check_transport(service);
    check_listen(service);
    check_required(service, nothing_known);
    check_ident(service);
    check_socket_file(service);
}

} // namespace usherd::config
