// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/http_server.h"

#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "daemon/control/json.h"
#include "daemon/http_connection.h"

namespace usherd::daemon {

namespace {

constexpr int accepts_a_turn = 16;
constexpr std::chrono::seconds pause_without_descriptors{1};

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

/// Sent away at the door: one attempt to say why.
void turn_away(int socket) noexcept
{
    const std::string body =
        control::to_json(control::Error{503, "busy", "too many clients; try again"}) + "\n";
    control::HttpReplyHead head;
    head.status = 503;
    head.close = true;
    head.body_bytes = body.size();
    const std::string text = control::to_text(head) + body;
    (void)::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

struct HttpServer::Listening {
    Listening(HttpServer& its_server, sys::UniqueFd its_socket)
        : server(its_server), socket(std::move(its_socket)),
          readable(server.loop_, socket.get(), sys::Watch::What::readable,
                   sys::bind<&Listening::on_readable>(*this)),
          again(server.loop_, sys::bind<&Listening::resume>(*this))
    {
        readable.start();
    }
    void resume() noexcept { readable.start(); }
    void on_readable() noexcept
    {
        for (int i = 0; i < accepts_a_turn; ++i) {
            auto accepted = sys::accept_one(socket.get());
            if (accepted) {
                server.on_client(std::move(accepted->socket));
                continue;
            }
            const auto failure = sys::classify_accept_error(accepted.error().number);
            if (failure == sys::AcceptFailure::peer_gone)
                continue;
            if (failure != sys::AcceptFailure::nothing_pending) {
                readable.stop();
                again.start(pause_without_descriptors);
            }
            return;
        }
    }

    HttpServer& server;
    sys::UniqueFd socket;
    sys::Watch readable; // after socket: dies before it
    sys::Timer again;
};

HttpServer::HttpServer(sys::EventLoop& loop, HttpHandler& handler, HttpLimits limits)
    : loop_(loop), handler_(handler), limits_(limits),
      bury_(loop, sys::bind<&HttpServer::bury>(*this)),
      wake_(loop, sys::bind<&HttpServer::wake>(*this))
{
}

HttpServer::~HttpServer() = default;

void HttpServer::listen(sys::UniqueFd listener)
{
    listening_.push_back(std::make_unique<Listening>(*this, std::move(listener)));
}

void HttpServer::on_client(sys::UniqueFd socket) noexcept
{
    const HttpPeer peer = peer_of(socket.get());
    const std::size_t most = limits_.clients + (peer.may_change ? limits_.reserved : 0);
    if (clients_.size() >= most)
        return turn_away(socket.get());
    const HttpClientId id{++last_id_};
    clients_.emplace(id, std::make_unique<HttpConnection>(*this, id, std::move(socket), peer));
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

void HttpServer::on_closed(HttpClientId client) noexcept
{
    if (const auto found = clients_.find(client); found != clients_.end()) {
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
