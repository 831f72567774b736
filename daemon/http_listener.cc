// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/http_listener.h"

#include <algorithm>
#include <charconv>
#include <sys/socket.h>

#include "daemon/sys/socket.h"

namespace usherd::daemon {

namespace {

constexpr int backlog = 128;

/// `127.0.0.1:80` and `[::1]:80` in two; the port is empty if there is none.
struct HostAndPort {
    std::string_view host, port;
};

HostAndPort split(std::string_view text) noexcept
{
    const std::size_t bracket = text.find(']');
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    HostAndPort parts{text.substr(0, colon), {}};
    if (colon != std::string_view::npos)
        parts.port = text.substr(colon + 1);
    if (parts.host.starts_with('[') && parts.host.ends_with(']'))
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    return parts;
}

} // namespace

std::optional<HttpAddress> parse_http_address(std::string_view text) noexcept
{
    const HostAndPort parts = split(text);
    const auto address = access::IpAddress::parse(parts.host);
    HttpAddress where;
    const char* end = parts.port.data() + parts.port.size();
    const auto [stop, error] = std::from_chars(parts.port.data(), end, where.port);
    if (!address || parts.port.empty() || error != std::errc{} || stop != end)
        return std::nullopt;
    where.address = *address;
    return where;
}

sys::Result<sys::UniqueFd> open_http(const HttpAddress& where)
{
    sys::SocketAddress address;
    if (where.address.family() == access::Family::ipv4) {
        const auto bytes = where.address.ipv4_bytes();
        address = sys::ipv4_address({bytes[0], bytes[1], bytes[2], bytes[3]}, where.port);
    } else {
        std::uint8_t bytes[16];
        std::copy(where.address.bytes().begin(), where.address.bytes().end(), bytes);
        address = sys::ipv6_address(bytes, where.port);
    }
    auto opened = sys::open_socket(address.family(), SOCK_STREAM, 0, sys::Blocking::no);
    if (!opened)
        return opened;
    if (auto done = sys::set_option(opened->get(), SOL_SOCKET, SO_REUSEADDR, 1,
                                    "setsockopt (SO_REUSEADDR)");
        !done)
        return done.error();
    if (auto bound = sys::bind_to(opened->get(), address); !bound)
        return bound.error();
    if (auto listening = sys::listen_on(opened->get(), backlog); !listening)
        return listening.error();
    return opened;
}

bool is_own_host(std::string_view host) noexcept
{
    const std::string_view name = split(host).host;
    const auto address = access::IpAddress::parse(name);
    return name == "localhost" || (address && address->is_loopback());
}

} // namespace usherd::daemon
