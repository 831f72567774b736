// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/http_server.h"

#include <algorithm>
#include <new>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <event2/bufferevent.h>
#include <event2/http.h>

#include "daemon/http_client.h"
#include "daemon/http_door.h"

namespace usherd::daemon {

namespace {

constexpr ev_uint16_t every_method = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                     EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                     EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH;

/// evhttp's time between two bytes, either way: a week, for the bounds are HttpLimits'. It would
/// cut off who follows the events of a quiet daemon.
constexpr int no_timeout_seconds = 7 * 86'400;

HttpPeer peer_of(int socket) noexcept
{
    ucred credentials{};
    socklen_t length = sizeof credentials;
    sockaddr_storage address{};
    socklen_t address_length = sizeof address;
    HttpPeer peer;
    const bool known =
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &address_length) == 0;
    peer.is_remote = !known || address.ss_family != AF_UNIX;
    if (!peer.is_remote &&
        ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0)
        peer.may_change = credentials.uid == 0 || credentials.uid == ::geteuid();
    return peer;
}

} // namespace

void HttpServer::Free::operator()(evhttp* http) const noexcept
{
    evhttp_free(http);
}

HttpServer::HttpServer(sys::EventLoop& loop, HttpHandler& handler, HttpLimits limits)
    : loop_(loop), handler_(handler), limits_(limits),
      bury_(loop, sys::bind<&HttpServer::bury>(*this)),
      wake_(loop, sys::bind<&HttpServer::wake>(*this)), http_(evhttp_new(loop.base()))
{
    if (http_ == nullptr)
        throw std::bad_alloc();
    evhttp_set_max_headers_size(http_.get(), max_head_bytes);
    evhttp_set_max_body_size(http_.get(), control::max_body_bytes);
    evhttp_set_allowed_methods(http_.get(), every_method); // those that no path has get our error
    evhttp_set_default_content_type(http_.get(), nullptr);
    evhttp_set_timeout(http_.get(), no_timeout_seconds);
    const auto asked = [](evhttp_request* request, void* self) noexcept {
        static_cast<HttpServer*>(self)->on_request(*request);
    };
    evhttp_set_gencb(http_.get(), asked, this);
}

HttpServer::~HttpServer() = default;

void HttpServer::listen(sys::UniqueFd listener)
{
    door_ = std::make_unique<Door>(*this, *http_, std::move(listener));
}

/// @return false if he was sent away.
bool HttpServer::on_arrival(bufferevent& connection) noexcept
{
    const int socket = bufferevent_getfd(&connection);
    // A number that is given anew was given back.
    std::erase_if(clients_, [socket](const auto& one) { return one.second->socket() == socket; });
    const HttpPeer peer = peer_of(socket);
    const std::size_t most = limits_.clients + (peer.may_change ? limits_.reserved : 0);
    if (clients_.size() >= most)
        forget_gone();
    const auto inode = HttpClient::inode_of(socket);
    if (!inode || clients_.size() >= most) {
        HttpClient::send_away(socket, {503, "busy", "too many clients; try again"});
        return false;
    }
    const HttpClientId id{++last_id_};
    clients_.emplace(id, std::make_unique<HttpClient>(*this, id, connection, *inode, peer));
    return true;
}

void HttpServer::on_request(evhttp_request& request) noexcept
{
    const int socket = bufferevent_getfd(
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(&request)));
    const auto found = std::find_if(clients_.begin(), clients_.end(), [socket](const auto& one) {
        return one.second->socket() == socket;
    });
    if (found == clients_.end())
        return evhttp_send_error(&request, HTTP_SERVUNAVAIL, nullptr);
    found->second->on_request(request);
}

void HttpServer::reply(HttpClientId client, HttpReply reply) noexcept
{
    if (const auto found = clients_.find(client); found != clients_.end())
        found->second->reply(std::move(reply));
}

void HttpServer::wake_idle() noexcept
{
    if (!clients_.empty())
        wake_.schedule();
}

void HttpServer::wake() noexcept
{
    for (const auto& [id, client] : clients_)
        client->wake();
}

/// evhttp does not tell of a client that has gone before its first request.
void HttpServer::forget_gone() noexcept
{
    std::erase_if(clients_, [](const auto& one) { return one.second->is_gone(); });
}

void HttpServer::on_closed(HttpClient& client) noexcept
{
    if (const auto found = clients_.find(client.id()); found != clients_.end()) {
        dead_.push_back(std::move(found->second));
        clients_.erase(found);
        bury_.schedule();
    }
}

void HttpServer::bury() noexcept
{
    dead_.clear();
}

} // namespace usherd::daemon
