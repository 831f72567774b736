// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_server.h"

#include <utility>

#include "daemon/control/json.h"
#include "daemon/status_facts.h"
#include "daemon/status_lists.h"

namespace usherd::daemon {

namespace {

template <typename T>
HttpReply json_reply(const T& value, int status = 200)
{
    return {status, control::to_json(value) + "\n"};
}

HttpReply error_reply(const control::Error& error)
{
    HttpReply reply = json_reply(error, error.status);
    reply.allow = error.allow;
    return reply;
}

HttpReply not_found(std::string what)
{
    return error_reply({404, "not_found", std::move(what)});
}

/// The services as they are now, of one id.
control::ServiceList with_id(const Server& server, const std::string& id)
{
    control::ServiceList list;
    for (const auto& service : server.services())
        if (service->spec().id == id)
            list.services.push_back(service_summary(*service));
    return list;
}

} // namespace

/// What one request is answered with; nothing, if that comes later.
class StatusServer::Answer {
public:
    Answer(StatusServer& status, HttpClientId client) : status_(status), client_(client) {}

    using Reply = std::optional<HttpReply>;

    Reply operator()(const control::GetStatus& /*r*/) const
    {
        return json_reply(daemon_status(server(), status_.started_));
    }
    Reply operator()(const control::GetServices& /*r*/) const
    {
        HttpReply reply;
        reply.pieces = service_list(server());
        return reply;
    }
    Reply operator()(const control::GetService& request) const;
    Reply operator()(const control::SwitchService& request) const;
    Reply operator()(const control::GetConnections& request) const
    {
        HttpReply reply;
        reply.pieces = connection_list(connections(server(), request.service));
        return reply;
    }
    Reply operator()(const control::KillConnection& request) const;
    Reply operator()(const control::PostReload& request) const;
    /// Not in this version.
    template <typename Other>
    Reply operator()(const Other& /*request*/) const
    {
        return not_found("this version of usherd does not have that yet");
    }

private:
    [[nodiscard]] Server& server() const noexcept { return status_.server_; }

    StatusServer& status_;
    HttpClientId client_;
};

StatusServer::Answer::Reply
StatusServer::Answer::operator()(const control::GetService& request) const
{
    control::ServiceDetails details;
    for (const auto& service : server().services())
        if (service->spec().id == request.id)
            details.services.push_back(service_detail(server(), *service));
    if (details.services.empty())
        return not_found(fmt::format("there is no service {}", request.id));
    return json_reply(details);
}

StatusServer::Answer::Reply
StatusServer::Answer::operator()(const control::SwitchService& request) const
{
    const auto done = server().set_enabled(request.id, request.enable);
    if (!done)
        return error_reply({409, "conflict", sys::to_string(done.error())});
    if (*done == 0)
        return not_found(fmt::format("there is no service {}", request.id));
    return json_reply(with_id(server(), request.id));
}

StatusServer::Answer::Reply
StatusServer::Answer::operator()(const control::KillConnection& request) const
{
    const auto pid = static_cast<pid_t>(request.pid);
    const RunningServer* running = server().context().supervisor.find(pid);
    if (running == nullptr)
        return not_found(fmt::format("no handler has the pid {}", pid));
    const control::KillAnswer answer{pid, running->spec->id,
                                     static_cast<std::uint64_t>(running->spec->kill_grace.count())};
    status_.log_.notice("service {}: ending server {} by request", answer.service, pid);
    server().end_handler(pid);
    return json_reply(answer);
}

StatusServer::Answer::Reply
StatusServer::Answer::operator()(const control::PostReload& request) const
{
    status_.reload_(request, [&http = status_.http_, client = client_](const auto& answer) {
        http.reply(client, json_reply(answer, answer.error ? 409 : 200));
    });
    return std::nullopt;
}

StatusServer::StatusServer(sys::EventLoop& loop, Log& log, Server& server, Reload reload)
    : loop_(loop), log_(log), server_(server), reload_(std::move(reload)),
      started_(to_time(std::chrono::system_clock::now())), http_(loop, *this)
{
}

void StatusServer::open(const std::string& path, std::optional<std::uint32_t> group)
{
    if (path.empty())
        return;
    auto socket = StatusSocket::create(path, group);
    if (!socket) {
        log_.warning("no status socket {}: {}", path, sys::to_string(socket.error()));
        return;
    }
    socket_.emplace(std::move(*socket));
    http_.listen(socket_->take_listener());
}

void StatusServer::set_group(std::optional<std::uint32_t> group)
{
    if (!socket_)
        return;
    if (auto done = socket_->set_group(group); !done)
        log_.warning("status socket {}: {}", socket_->path(), sys::to_string(done.error()));
}

void StatusServer::on_request(HttpRequest request) noexcept
{
    const auto parsed =
        control::parse_request(request.head.method, request.head.target, request.body);
    if (const auto* error = std::get_if<control::Error>(&parsed))
        return http_.reply(request.client, error_reply(*error));
    const auto& wanted = std::get<control::Request>(parsed);
    if (control::changes_something(wanted) && !request.peer.may_change)
        return http_.reply(
            request.client,
            error_reply({403, "forbidden", "only root and the user of the daemon may do this"}));
    if (auto reply = std::visit(Answer(*this, request.client), wanted))
        http_.reply(request.client, std::move(*reply));
}

} // namespace usherd::daemon
