// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/systemd.h"

#include <array>

#ifdef USHERD_HAVE_SYSTEMD
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include "daemon/peer.h"
#include "daemon/sys/library.h"
#include "daemon/sys/socket.h"

USHERD_NOTE_LIBRARY(USHERD_SYSTEMD_LIBRARY, "systemd",
                    "Readiness, the watchdog and sockets of the supervisor");
#endif

namespace usherd::daemon {

bool is_supervisor_variable(std::string_view assignment) noexcept
{
    constexpr std::array<std::string_view, 6> names{"NOTIFY_SOCKET", "WATCHDOG_USEC",
                                                    "WATCHDOG_PID",  "LISTEN_FDS",
                                                    "LISTEN_PID",    "LISTEN_FDNAMES"};
    const std::string_view name = assignment.substr(0, assignment.find('='));
    for (const std::string_view known : names)
        if (name == known)
            return true;
    return false;
}

#ifdef USHERD_HAVE_SYSTEMD

namespace {

/// What is wanted of libsystemd.
struct Systemd {
    sys::Library loaded{USHERD_SYSTEMD_LIBRARY};
    decltype(::sd_listen_fds)* listen_fds = loaded.get<decltype(::sd_listen_fds)>("sd_listen_fds");
    decltype(::sd_is_socket)* is_socket = loaded.get<decltype(::sd_is_socket)>("sd_is_socket");
    decltype(::sd_notify)* notify = loaded.get<decltype(::sd_notify)>("sd_notify");
    decltype(::sd_watchdog_enabled)* watchdog_enabled =
        loaded.get<decltype(::sd_watchdog_enabled)>("sd_watchdog_enabled");
};

/// Loads the library if there is a supervisor that it is for.
const Systemd* called_for() noexcept
{
    for (const char* variable : {"NOTIFY_SOCKET", "LISTEN_FDS", "WATCHDOG_USEC"})
        if (std::getenv(variable) != nullptr) {
            static const Systemd systemd;
            return &systemd;
        }
    return nullptr;
}

/// Null: no supervisor, or nothing to talk to it with.
const Systemd* find_systemd() noexcept
{
    const Systemd* systemd = called_for();
    return systemd != nullptr && systemd->loaded.state() ? systemd : nullptr;
}

enum class Unset : int { no = 0, yes = 1 };

int listen_fds(Unset unset) noexcept
{
    const Systemd* systemd = find_systemd();
    return systemd == nullptr ? 0 : std::max(0, systemd->listen_fds(static_cast<int>(unset)));
}

bool is_v6only(int fd)
{
    int v6only = 0;
    socklen_t length = sizeof v6only;
    return ::getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &length) == 0 && v6only != 0;
}

config::Endpoint inet_endpoint(int fd, const access::Peer& self, int family)
{
    config::InetEndpoint endpoint;
    endpoint.family = family == AF_INET ? access::Family::ipv4 : access::Family::ipv6;
    if (!self.address.is_unspecified())
        endpoint.address = self.address;
    endpoint.port = self.port;
    endpoint.v6only = family == AF_INET6 && is_v6only(fd);
    return endpoint;
}

/// Nothing for a socket that has no name.
std::optional<config::Endpoint> unix_endpoint(const sys::SocketAddress& name)
{
    sockaddr_un address{};
    std::memcpy(&address, &name.storage, std::min<std::size_t>(name.length, sizeof address));
    if (name.length <= offsetof(sockaddr_un, sun_path))
        return std::nullopt;
    const std::size_t bytes = name.length - offsetof(sockaddr_un, sun_path);
    if (address.sun_path[0] == '\0')
        return config::UnixEndpoint{std::string(address.sun_path + 1, bytes - 1), true};
    return config::UnixEndpoint{std::string(address.sun_path, ::strnlen(address.sun_path, bytes)),
                                false};
}

std::optional<config::Endpoint> endpoint_of(int fd)
{
    const auto name = sys::local_address(fd);
    if (!name)
        return std::nullopt;
    if (name->family() == AF_UNIX)
        return unix_endpoint(*name);
    if (const auto self = to_peer(*name))
        return inet_endpoint(fd, *self, name->family());
    return std::nullopt;
}

std::optional<config::SocketType> type_of(const Systemd& systemd, int fd)
{
    constexpr int listening = 1;
    constexpr int of_no_matter = -1;
    if (systemd.is_socket(fd, AF_UNSPEC, SOCK_STREAM, listening) > 0)
        return config::SocketType::stream;
    if (systemd.is_socket(fd, AF_UNSPEC, SOCK_SEQPACKET, listening) > 0)
        return config::SocketType::seqpacket;
    if (systemd.is_socket(fd, AF_UNSPEC, SOCK_DGRAM, of_no_matter) > 0)
        return config::SocketType::dgram;
    return std::nullopt;
}

void notify(const std::string& state) noexcept
{
    if (const Systemd* systemd = find_systemd())
        (void)systemd->notify(0, state.c_str());
}

/// A line break would begin another assignment.
std::string status_assignment(std::string_view status)
{
    std::string text = "STATUS=" + std::string(status);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

} // namespace

int passed_descriptor_count() noexcept
{
    return listen_fds(Unset::no);
}

std::vector<PassedSocket> take_passed_sockets(std::vector<std::string>& rejected)
{
    std::vector<PassedSocket> sockets;
    const Systemd* systemd = called_for();
    if (systemd == nullptr)
        return sockets;
    if (const auto state = systemd->loaded.state(); !state) {
        rejected.push_back(fmt::format("the supervisor is told nothing and no socket is taken from "
                                       "it: {}",
                                       sys::to_string(state.error())));
        return sockets;
    }
    const int end = SD_LISTEN_FDS_START + listen_fds(Unset::yes);
    for (int fd = SD_LISTEN_FDS_START; fd < end; ++fd) {
        sys::UniqueFd owned(fd); // sd_listen_fds has made it close-on-exec
        const auto type = type_of(*systemd, fd);
        const auto endpoint = endpoint_of(fd);
        if (type && endpoint)
            sockets.push_back({std::move(owned), *type, *endpoint});
        else
            rejected.push_back(fmt::format("descriptor {} from the supervisor is no listening "
                                           "stream and no bound datagram socket, closed",
                                           fd));
    }
    return sockets;
}

void notify_ready(std::string_view status) noexcept
{
    notify("READY=1\n" + status_assignment(status));
}

void notify_reloading() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                       static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000));
}

void notify_stopping() noexcept
{
    notify("STOPPING=1");
}

void notify_status(std::string_view status) noexcept
{
    notify(status_assignment(status));
}

void notify_watchdog() noexcept
{
    notify("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> watchdog_interval() noexcept
{
    const Systemd* systemd = find_systemd();
    std::uint64_t patience_usec = 0;
    if (systemd == nullptr || systemd->watchdog_enabled(0, &patience_usec) <= 0)
        return std::nullopt;
    return std::chrono::microseconds(patience_usec / 2);
}

#else

int passed_descriptor_count() noexcept
{
    return 0;
}
std::vector<PassedSocket> take_passed_sockets(std::vector<std::string>&)
{
    return {};
}
void notify_ready(std::string_view) noexcept {}
void notify_reloading() noexcept {}
void notify_stopping() noexcept {}
void notify_status(std::string_view) noexcept {}
void notify_watchdog() noexcept {}
std::optional<std::chrono::microseconds> watchdog_interval() noexcept
{
    return std::nullopt;
}

#endif

} // namespace usherd::daemon
