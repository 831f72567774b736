// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/endpoint_socket.h"

#include <algorithm>
#include <fcntl.h>
#include <limits>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/peer.h"
#include "daemon/socket_filter.h"

namespace usherd::daemon {

using config::Endpoint;
using config::InetEndpoint;
using config::ServiceFlag;
using config::ServiceSpec;
using config::UnixEndpoint;
using sys::Result;

namespace {

int family_of(const Endpoint& endpoint)
{
    if (const auto* inet = std::get_if<InetEndpoint>(&endpoint))
        return inet->family == access::Family::ipv4 ? AF_INET : AF_INET6;
    return AF_UNIX;
}

/// The daemon accepts these itself; it must never sleep in accept().
bool is_ours_alone(const ServiceSpec& spec)
{
    return spec.is_internal() || !spec.wait;
}

int backlog_of(const ServiceSpec& spec)
{
    // The kernel cuts what is above net.core.somaxconn.
    constexpr std::uint32_t kernel_maximum = std::numeric_limits<int>::max();
    return static_cast<int>(
        std::min(spec.settings->backlog.value_or(kernel_maximum), kernel_maximum));
}

Result<void> set_inet_options(int fd, const ServiceSpec& spec, const InetEndpoint& endpoint)
{
    // A raw IPv6 socket sees IPv6 alone and has no such option.
    if (endpoint.family == access::Family::ipv6 && spec.socket_type != config::SocketType::raw) {
        if (auto done = sys::set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, endpoint.v6only ? 1 : 0,
                                        "setsockopt (IPV6_V6ONLY)");
            !done)
            return done;
    }
    if (spec.settings->freebind) {
        // IP_FREEBIND holds for IPv6 sockets too. @see ip(7)
        if (auto done = sys::set_option(fd, IPPROTO_IP, IP_FREEBIND, 1, "setsockopt (IP_FREEBIND)");
            !done)
            return done;
    }
    return sys::set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "setsockopt (SO_REUSEADDR)");
}

/// True if the file at `address` is a socket on which nobody listens any more.
bool is_stale(const UnixEndpoint& endpoint, const sys::SocketAddress& address, int type)
{
    struct stat status {};
    if (endpoint.abstract || ::lstat(endpoint.path.c_str(), &status) < 0 ||
        !S_ISSOCK(status.st_mode))
        return false;
    auto probe = sys::open_socket(AF_UNIX, type, 0, sys::Blocking::no);
    return probe && ::connect(probe->get(), address.get(), address.length) < 0 &&
           errno == ECONNREFUSED;
}

Result<void> bind_unix(int fd, const ServiceSpec& spec, const UnixEndpoint& endpoint,
                       const sys::SocketAddress& address)
{
    if (is_stale(endpoint, address, socket_type_of(spec)))
        ::unlink(endpoint.path.c_str());
    if (endpoint.abstract)
        return sys::bind_to(fd, address);
    // Nobody may connect between bind and chmod: the mode is set on the socket before it has a
    // name.
    // @see unix(7), "Pathname socket ownership and permissions"
    constexpr std::uint32_t default_mode = 0666;
    if (::fchmod(fd, spec.settings->socket_mode.value_or(default_mode)) < 0)
        return sys::last_error("fchmod");
    const mode_t before = ::umask(0);
    auto bound = sys::bind_to(fd, address);
    ::umask(before);
    if (!bound)
        return bound;
    if ((spec.settings->socket_owner || spec.settings->socket_group) &&
        ::lchown(endpoint.path.c_str(),
                 spec.settings->socket_owner.value_or(static_cast<uid_t>(-1)),
                 spec.settings->socket_group.value_or(static_cast<gid_t>(-1))) < 0) {
        const auto error = sys::last_error("chown");
        ::unlink(endpoint.path.c_str());
        return error;
    }
    return {};
}

Result<void> bind_endpoint(int fd, const ServiceSpec& spec, const Endpoint& endpoint,
                           const sys::SocketAddress& address)
{
    if (const auto* local = std::get_if<UnixEndpoint>(&endpoint))
        return bind_unix(fd, spec, *local, address);
    const auto& inet = std::get<InetEndpoint>(endpoint);
    if (auto done = set_inet_options(fd, spec, inet); !done)
        return done;
    if (auto bound = sys::bind_to(fd, address); !bound)
        return bound;
    if (inet.address && inet.address->family() == access::Family::ipv4 &&
        inet.address->is_multicast()) {
        const auto bytes = inet.address->ipv4_bytes();
        const std::uint8_t group[4] = {bytes[0], bytes[1], bytes[2], bytes[3]};
        return sys::join_group(fd, group);
    }
    return {};
}

Result<sys::UniqueFd> make_socket(const ServiceSpec& spec, const Endpoint& endpoint,
                                  const sys::SocketAddress& address)
{
    const int family = family_of(endpoint);
    const int protocol = family == AF_UNIX ? 0 : spec.settings->protocol.number;
    auto opened = sys::open_socket(family, socket_type_of(spec), protocol,
                                   is_ours_alone(spec) ? sys::Blocking::no : sys::Blocking::yes);
    if (!opened)
        return opened;
    if (auto bound = bind_endpoint(opened->get(), spec, endpoint, address); !bound)
        return bound.error();
    // Before anybody can connect.
    if (auto ruled = enforce_address_rules(opened->get(), endpoint, spec); !ruled)
        return ruled.error();
    if (is_connection_oriented(spec)) {
        if (auto listening = sys::listen_on(opened->get(), backlog_of(spec)); !listening)
            return listening.error();
    }
    return opened;
}

} // namespace

int socket_type_of(const ServiceSpec& spec) noexcept
{
    switch (spec.socket_type) {
    case config::SocketType::dgram:
        return SOCK_DGRAM;
    case config::SocketType::raw:
        return SOCK_RAW;
    case config::SocketType::seqpacket:
        return SOCK_SEQPACKET;
    case config::SocketType::stream:
        break;
    }
    return SOCK_STREAM;
}

bool is_connection_oriented(const ServiceSpec& spec) noexcept
{
    return spec.socket_type == config::SocketType::stream;
}

namespace {

bool same_place(const Endpoint& left, const Endpoint& right)
{
    const auto* a = std::get_if<InetEndpoint>(&left);
    const auto* b = std::get_if<InetEndpoint>(&right);
    if (a == nullptr || b == nullptr)
        return left == right;
    return a->family == b->family && a->address == b->address && a->port == b->port;
}

} // namespace

sys::UniqueFd PassedSockets::take(config::SocketType type, const Endpoint& endpoint)
{
    const auto found = std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& socket) {
        return socket.type == type && same_place(socket.endpoint, endpoint);
    });
    if (found == sockets_.end())
        return {};
    sys::UniqueFd taken = std::move(found->fd);
    sockets_.erase(found);
    return taken;
}

std::vector<std::string> PassedSockets::left_over() const
{
    std::vector<std::string> places;
    for (const PassedSocket& socket : sockets_)
        places.push_back(config::to_string(socket.endpoint));
    return places;
}

namespace {

bool is_tcp(const ServiceSpec& spec, const Endpoint& endpoint) noexcept
{
    return std::holds_alternative<InetEndpoint>(endpoint) &&
           spec.socket_type == config::SocketType::stream &&
           spec.settings->protocol.number == IPPROTO_TCP;
}

/// Failures of these leave a working service, as with xinetd.
void set_tcp_option(int fd, int level, int option, bool on, const char* call)
{
    (void)sys::set_option(fd, level, option, on ? 1 : 0, call);
}

/// What adjust_socket() does of a socket that has just been made, where nothing is set.
void finish_socket(int fd, const ServiceSpec& spec, const Endpoint& endpoint)
{
    if (!is_tcp(spec, endpoint))
        return;
    if (spec.flags.has(ServiceFlag::nodelay))
        set_tcp_option(fd, IPPROTO_TCP, TCP_NODELAY, true, "setsockopt (TCP_NODELAY)");
    if (spec.flags.has(ServiceFlag::keepalive))
        set_tcp_option(fd, SOL_SOCKET, SO_KEEPALIVE, true, "setsockopt (SO_KEEPALIVE)");
}

/// Where a socket that was bound to `address` is, without asking where that is said in full.
Result<sys::SocketAddress> place_of(int fd, const Endpoint& endpoint,
                                    const sys::SocketAddress& address)
{
    const auto* inet = std::get_if<InetEndpoint>(&endpoint);
    return inet != nullptr && inet->port != 0 ? address : sys::local_address(fd);
}

} // namespace

Result<OpenedSocket> open_endpoint(const ServiceSpec& spec, const Endpoint& endpoint,
                                   PassedSockets& passed)
{
    const auto address = to_socket_address(endpoint);
    if (!address)
        return address.error();
    OpenedSocket result;
    result.fd = passed.take(spec.socket_type, endpoint);
    result.passed_in = static_cast<bool>(result.fd);
    if (result.passed_in) {
        const auto blocking = is_ours_alone(spec) ? sys::Blocking::no : sys::Blocking::yes;
        if (auto done = sys::set_blocking(result.fd.get(), blocking); !done)
            return done.error();
        if (auto ruled = enforce_address_rules_late(result.fd.get(), endpoint, spec); !ruled)
            return ruled.error();
        adjust_socket(result.fd.get(), spec, endpoint);
    } else {
        auto made = make_socket(spec, endpoint, *address);
        if (!made)
            return made.error();
        result.fd = std::move(*made);
        finish_socket(result.fd.get(), spec, endpoint);
    }
    const auto bound = result.passed_in ? sys::local_address(result.fd.get())
                                        : place_of(result.fd.get(), endpoint, *address);
    if (!bound)
        return bound.error();
    result.bound = *bound;
    return result;
}

void adjust_socket(int fd, const ServiceSpec& spec, const Endpoint& endpoint)
{
    if (is_tcp(spec, endpoint)) {
        set_tcp_option(fd, IPPROTO_TCP, TCP_NODELAY, spec.flags.has(ServiceFlag::nodelay),
                       "setsockopt (TCP_NODELAY)");
        set_tcp_option(fd, SOL_SOCKET, SO_KEEPALIVE, spec.flags.has(ServiceFlag::keepalive),
                       "setsockopt (SO_KEEPALIVE)");
    }
    if (is_connection_oriented(spec))
        (void)sys::listen_on(fd, backlog_of(spec)); // on a listening socket: changes the backlog
    const auto* local = std::get_if<UnixEndpoint>(&endpoint);
    if (local != nullptr && !local->abstract && spec.settings->socket_mode)
        (void)::chmod(local->path.c_str(), *spec.settings->socket_mode);
}

void remove_socket_file(const Endpoint& endpoint) noexcept
{
    const auto* local = std::get_if<UnixEndpoint>(&endpoint);
    if (local != nullptr && !local->abstract)
        ::unlink(local->path.c_str());
}

} // namespace usherd::daemon
