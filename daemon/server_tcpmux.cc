// SPDX-License-Identifier: BSD-2-Clause
//
// Which service a client of tcpmux gets: by name, of type TCPMUX or TCPMUXPLUS, and no other
// (CVE-2012-0862). What it may then do is decided by that service's own rules.

#include <algorithm>
#include <array>
#include <sys/socket.h>

#include "daemon/core/tcpmux_line.h"
#include "daemon/internal_session.h"
#include "daemon/server.h"

namespace usherd::daemon {

namespace {

/// The last word to a client. What it has said beyond its line is thrown away: unread bytes would
/// turn the end of the connection into a reset, and the word might be lost.
void say(int connection, std::string_view text) noexcept
{
    (void)send_some(connection, text);
    std::array<char, 4096> unread;
    constexpr int rounds = 16;
    for (int round = 0; round < rounds; ++round)
        if (::recv(connection, unread.data(), unread.size(), MSG_DONTWAIT) <= 0)
            return;
}

bool takes_clients(const Service& service) noexcept
{
    return std::holds_alternative<core::Listening>(service.state());
}

} // namespace

void Server::index_tcpmux_clients()
{
    tcpmux_clients_.clear();
    for (const auto& service : services_)
        if (service->spec().is_tcpmux_client())
            tcpmux_clients_.push_back(service->key());
}

Service* Server::find_tcpmux_client(std::string_view name) noexcept
{
    for (const ServiceKey key : tcpmux_clients_)
        if (Service* service = find(key);
            service != nullptr && core::is_same_tcpmux_name(service->spec().name, name))
            return service;
    return nullptr;
}

std::string Server::list_tcpmux_clients() noexcept
{
    std::vector<std::string> names;
    for (const ServiceKey key : tcpmux_clients_)
        if (const Service* service = find(key); service != nullptr && takes_clients(*service))
            names.push_back(service->spec().name);
    return core::tcpmux_list(names);
}

void Server::on_tcpmux_request(Arrival arrival, std::string_view name) noexcept
{
    Service* service = find_tcpmux_client(name);
    if (service != nullptr && takes_clients(*service))
        service->on_tcpmux_client(std::move(arrival));
    else if (service != nullptr)
        say(arrival.socket.get(), core::tcpmux_not_available);
    else if (core::is_same_tcpmux_name(name, core::tcpmux_help))
        say(arrival.socket.get(), list_tcpmux_clients());
    else
        say(arrival.socket.get(), core::tcpmux_not_found);
}

} // namespace usherd::daemon
