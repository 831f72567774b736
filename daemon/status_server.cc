// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/status_server.h"

#include <array>
#include <sys/random.h>
#include <utility>

#include <fmt/ranges.h>

#include "access-control/rule_text.h"
#include "daemon/control/json.h"
#include "daemon/http_listener.h"
#include "daemon/metrics.h"
#include "daemon/status_events.h"
#include "daemon/status_explain.h"
#include "daemon/status_facts.h"
#include "daemon/status_lists.h"
#include "daemon/status_page.h"

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

control::Error no_source(std::string_view text)
{
    return {400, "bad_request", fmt::format("'{}' is no address and no block", text)};
}

/// The address of a block that is one host.
std::optional<access::IpAddress> host_of(const access::Prefix& block) noexcept
{
    const unsigned whole = block.family == access::Family::ipv4 ? 32 : 128;
    if (block.length != whole)
        return std::nullopt;
    return access::IpAddress::from_ipv6(block.bytes);
}

/// The page may run its own script and style, and ask this server; nothing else.
HttpReply page_reply()
{
    constexpr std::string_view mark = "@NONCE@";
    std::array<unsigned char, 16> random{};
    (void)!::getrandom(random.data(), random.size(), GRND_NONBLOCK);
    const std::string nonce = fmt::format("{:02x}", fmt::join(random, ""));
    HttpReply reply;
    reply.content_type = "text/html; charset=utf-8";
    reply.body = status_page();
    for (std::size_t at = reply.body.find(mark); at != std::string::npos;
         at = reply.body.find(mark, at))
        reply.body.replace(at, mark.size(), nonce);
    reply.more_headers.push_back(
        {"Content-Security-Policy",
         fmt::format("default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; "
                     "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                     "frame-ancestors 'none'",
                     nonce)});
    reply.more_headers.push_back({"Referrer-Policy", "no-referrer"});
    return reply;
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
    Answer(StatusServer& status, HttpServer& via, HttpClientId client)
        : status_(status), via_(via), client_(client)
    {
    }

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
    Reply operator()(const control::GetSources& request) const
    {
        return json_reply(source_lists(server().activity(), request.top));
    }
    Reply operator()(const control::GetEvents& request) const;
    Reply operator()(const control::GetExplain& request) const
    {
        const auto answer = explain(server(), request);
        if (const auto* error = std::get_if<control::Error>(&answer))
            return error_reply(*error);
        return json_reply(std::get<control::TraceList>(answer));
    }
    Reply operator()(const control::GetBans& /*r*/) const { return json_reply(ban_list(server())); }
    Reply operator()(const control::GetMetrics& /*r*/) const
    {
        HttpReply reply;
        reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
        reply.pieces = metrics_text(server(), status_.lag_, status_.started_);
        return reply;
    }
    Reply operator()(const control::AddBan& request) const;
    Reply operator()(const control::RemoveBan& request) const;
    Reply operator()(const control::PostReload& request) const;
    Reply operator()(const control::GetPage& /*r*/) const { return page_reply(); }

private:
    [[nodiscard]] Server& server() const noexcept { return status_.server_; }

    StatusServer& status_;
    HttpServer& via_;
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
    const auto done = server().switch_services(request);
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
StatusServer::Answer::operator()(const control::GetEvents& request) const
{
    core::EventFilter filter{request.service, request.reason, std::nullopt, request.after};
    if (request.from) {
        filter.from = access::parse_prefix(*request.from);
        if (!filter.from)
            return error_reply(no_source(*request.from));
    }
    HttpReply reply;
    reply.content_type = "application/x-ndjson";
    reply.pieces = event_lines(server().activity().ring(), request, std::move(filter));
    return reply;
}

StatusServer::Answer::Reply StatusServer::Answer::operator()(const control::AddBan& request) const
{
    const auto block = access::parse_prefix(request.order.source);
    if (!block)
        return error_reply(no_source(request.order.source));
    core::BanList::Entry entry;
    entry.block = *block;
    entry.reason = request.order.reason;
    entry.since = to_time(std::chrono::system_clock::now());
    if (request.order.seconds)
        entry.until = std::chrono::steady_clock::now() +
                      std::chrono::seconds(static_cast<std::int64_t>(*request.order.seconds));
    if (!server().activity().ban(entry))
        return error_reply({409, "conflict", "there are too many bans"});
    const control::Ban ban = to_ban(entry);
    status_.log_.notice("{} banned by request{}", ban.source,
                        ban.until ? " until " + control::to_text(*ban.until) : "");
    return json_reply(ban, 201);
}

StatusServer::Answer::Reply
StatusServer::Answer::operator()(const control::RemoveBan& request) const
{
    const auto block = access::parse_prefix(request.source);
    if (!block)
        return error_reply(no_source(request.source));
    const auto host = host_of(*block);
    std::optional<control::Ban> lifted;
    if (const auto entry = server().activity().lift(*block))
        lifted = to_ban(*entry);
    else if (const auto sensed = host ? server().sensors().forgive(*host) : std::nullopt)
        lifted = to_ban(*sensed);
    if (!lifted)
        return not_found(fmt::format("{} is not banned", access::to_string(*block)));
    status_.log_.notice("ban of {} lifted by request", access::to_string(*block));
    return json_reply(*lifted);
}

StatusServer::Answer::Reply
StatusServer::Answer::operator()(const control::PostReload& request) const
{
    status_.reload_(request, [&http = via_, client = client_](const auto& answer) {
        http.reply(client, json_reply(answer, answer.error ? 409 : 200));
    });
    return std::nullopt;
}

StatusServer::StatusServer(sys::EventLoop& loop, Log& log, Server& server, Reload reload)
    : log_(log), server_(server), reload_(std::move(reload)),
      started_(to_time(std::chrono::system_clock::now())), lag_(loop), http_(loop, *this),
      remote_(loop, *this)
{
    server_.activity().on_event([this] {
        http_.wake_idle();
        remote_.wake_idle();
    });
}

StatusServer::~StatusServer()
{
    server_.activity().on_event({});
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
    lag_.start();
}

void StatusServer::set_group(std::optional<std::uint32_t> group)
{
    if (!socket_)
        return;
    if (auto done = socket_->set_group(group); !done)
        log_.warning("status socket {}: {}", socket_->path(), sys::to_string(done.error()));
}

void StatusServer::open_http(const std::string& address, bool allow_remote)
{
    const auto where = parse_http_address(address);
    if (!where)
        return; // checked with the options
    auto listener = daemon::open_http(*where);
    if (!listener) {
        log_.warning("no status on {}: {}", address, sys::to_string(listener.error()));
        return;
    }
    any_host_ = allow_remote;
    remote_.listen(std::move(*listener));
    lag_.start();
}

void StatusServer::on_request(HttpServer& via, HttpRequest request) noexcept
{
    server_.context().supervisor.catch_up();
    // A stranger's page in a browser on this machine may have its own name looked up as 127.0.0.1.
    if (request.peer.is_remote && !any_host_ && !is_own_host(request.host))
        return via.reply(request.client,
                         error_reply({421, "misdirected", "this is not the host you asked for"}));
    const auto parsed = control::parse_request(request.method, request.target, request.body);
    if (const auto* error = std::get_if<control::Error>(&parsed))
        return via.reply(request.client, error_reply(*error));
    const auto& wanted = std::get<control::Request>(parsed);
    if (control::changes_something(wanted) && !request.peer.may_change)
        return via.reply(
            request.client,
            error_reply({403, "forbidden", "only root and the user of the daemon may do this"}));
    if (auto reply = std::visit(Answer(*this, via, request.client), wanted))
        via.reply(request.client, std::move(*reply));
}

} // namespace usherd::daemon
