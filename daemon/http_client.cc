// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/http_client.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <new>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <utility>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fmt/format.h>

#include "daemon/control/json.h"

namespace usherd::daemon {

namespace {

/// What a client may send ahead of the reply to its request; evhttp would read without end.
constexpr std::size_t most_ahead = max_head_bytes + control::max_body_bytes;
constexpr std::size_t most_a_write = std::size_t{256} * 1024;
/// How long after a shutdown to look whether evhttp has noticed.
constexpr std::chrono::milliseconds leave_time{100};
constexpr std::chrono::seconds watch_time{1};

using Buffer = std::unique_ptr<evbuffer, decltype(&evbuffer_free)>;

Buffer make_buffer(std::string_view text)
{
    Buffer buffer(evbuffer_new(), evbuffer_free);
    if (buffer == nullptr || evbuffer_add(buffer.get(), text.data(), text.size()) != 0)
        throw std::bad_alloc();
    return buffer;
}

control::Method method_of(evhttp_cmd_type command) noexcept
{
    switch (command) {
    case EVHTTP_REQ_GET:
        return control::Method::get;
    case EVHTTP_REQ_POST:
        return control::Method::post;
    case EVHTTP_REQ_DELETE:
        return control::Method::del;
    default:
        return control::Method::other;
    }
}

/// What evhttp refuses by itself, as our errors are.
control::Error library_error(int status, std::size_t received)
{
    if (status == 413)
        return {413, "too_large",
                fmt::format("a body has at most {} bytes", control::max_body_bytes)};
    if (status == 501)
        return {501, "not_implemented", "there is no such method"};
    if (received > max_head_bytes)
        return {431, "headers_too_large",
                fmt::format("the headers have at most {} bytes", max_head_bytes)};
    return {400, "bad_request", "this is no HTTP/1.1"};
}

} // namespace

HttpClient::HttpClient(HttpServer& server, HttpClientId id, bufferevent& connection, ino_t inode,
                       HttpPeer peer)
    : server_(server), id_(id), peer_(peer), connection_(connection),
      socket_(bufferevent_getfd(&connection)), inode_(inode),
      input_entry_(evbuffer_add_cb(
          bufferevent_get_input(&connection),
          [](evbuffer*, const evbuffer_cb_info* info, void* self) noexcept {
              static_cast<HttpClient*>(self)->on_input(info->n_added);
          },
          this)),
      output_entry_(evbuffer_add_cb(
          bufferevent_get_output(&connection),
          [](evbuffer* output, const evbuffer_cb_info* info, void* self) noexcept {
              static_cast<HttpClient*>(self)->on_output(*output, info->n_deleted);
          },
          this)),
      deadline_(server.loop_, sys::bind<&HttpClient::on_deadline>(*this)),
      again_(server.loop_, sys::bind<&HttpClient::watch_again>(*this)),
      turn_(server.loop_, sys::bind<&HttpClient::on_turn>(*this))
{
    bufferevent_setwatermark(&connection, EV_READ, 0, most_ahead);
    bufferevent_set_max_single_write(&connection, most_a_write);
    deadline_.start(server.limits_.request);
    again_.start(watch_time);
}

HttpClient::~HttpClient()
{
    if (request_ != nullptr && state_ == State::gone)
        evhttp_request_free(request_);
}

void HttpClient::send_away(int socket, const control::Error& error) noexcept
{
    const std::string body = control::to_json(error) + "\n";
    const std::string text =
        fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                    "Connection: close\r\n\r\n{}",
                    error.status, error.error, body.size(), body);
    (void)::send(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(socket, SHUT_RDWR);
}

std::optional<ino_t> HttpClient::inode_of(int descriptor) noexcept
{
    struct stat status {};
    if (::fstat(descriptor, &status) == 0)
        return status.st_ino;
    return errno == EBADF ? std::optional<ino_t>{0} : std::nullopt;
}

bool HttpClient::is_gone() const noexcept
{
    return state_ == State::gone || (!has_end_ && inode_of(socket_).value_or(inode_) != inode_);
}

void HttpClient::on_request(evhttp_request& request) noexcept
{
    evhttp_connection_set_closecb(
        evhttp_request_get_connection(&request),
        [](evhttp_connection*, void* self) noexcept {
            static_cast<HttpClient*>(self)->on_closed();
        },
        this);
    evhttp_request_set_on_complete_cb(
        &request,
        [](evhttp_request*, void* self) noexcept { static_cast<HttpClient*>(self)->on_answered(); },
        this);
    has_end_ = true;
    request_ = &request;
    if (state_ != State::asking) // too late; evhttp notices the end when it writes
        return evhttp_send_reply(&request, HTTP_SERVUNAVAIL, nullptr, nullptr);
    state_ = State::handling;
    received_ = 0;
    deadline_.stop();
    HttpRequest asked{id_, peer_, method_of(evhttp_request_get_command(&request)), {}, {}, {}};
    asked.target = evhttp_request_get_uri(&request);
    if (const char* host = evhttp_find_header(evhttp_request_get_input_headers(&request), "Host"))
        asked.host = host;
    evbuffer* body = evhttp_request_get_input_buffer(&request);
    asked.body.resize(evbuffer_get_length(body));
    evbuffer_remove(body, asked.body.data(), asked.body.size());
    server_.handler_.on_request(server_, std::move(asked));
}

void HttpClient::reply(HttpReply reply) noexcept
{
    if (state_ == State::handling)
        send(std::move(reply));
}

void HttpClient::send(HttpReply reply)
{
    evkeyvalq* headers = evhttp_request_get_output_headers(request_);
    evhttp_add_header(headers, "Content-Type", reply.content_type.c_str());
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    if (!reply.allow.empty())
        evhttp_add_header(headers, "Allow", reply.allow.c_str());
    for (const HttpHeader& header : reply.more_headers)
        evhttp_add_header(headers, header.name, header.value.c_str());
    const evhttp_cmd_type command = evhttp_request_get_command(request_);
    if (method_of(command) == control::Method::other) // whose body evhttp may not have read
        evhttp_add_header(headers, "Connection", "close");
    if (command == EVHTTP_REQ_HEAD)
        reply.body.clear();
    state_ = State::replying;
    deadline_.start(server_.limits_.reading);
    pieces_ = std::move(reply.pieces);
    if (pieces_ != nullptr) {
        evhttp_send_reply_start(request_, reply.status, nullptr);
        turn_.start({});
    } else {
        evhttp_send_reply(request_, reply.status, nullptr, make_buffer(reply.body).get());
    }
    listen(false);
}

/// evhttp takes the end of what a client sends for the end of the client. Some send their request,
/// shut down and wait; those that follow have gone.
void HttpClient::listen(bool yes) noexcept
{
    if (state_ == State::replying)
        (yes ? bufferevent_enable : bufferevent_disable)(&connection_, EV_READ);
}

void HttpClient::on_turn() noexcept
{
    if (state_ == State::replying && pieces_ != nullptr && !is_idle_ &&
        waiting() < pieces_->most_waiting())
        produce();
}

void HttpClient::produce()
{
    std::string piece;
    const auto next = pieces_->produce(piece);
    if (!piece.empty())
        evhttp_send_reply_chunk(request_, make_buffer(piece).get());
    if (!deadline_.is_started())
        deadline_.start(server_.limits_.reading);
    is_idle_ = next == HttpBody::Next::idle;
    if (next == HttpBody::Next::more)
        turn_.start({});
    if (next == HttpBody::Next::end) {
        pieces_.reset();
        evhttp_send_reply_end(request_);
    }
    listen(is_idle_);
    if (is_idle_ && waiting() == 0)
        deadline_.stop(); // it is our turn to say something
}

void HttpClient::wake() noexcept
{
    if (std::exchange(is_idle_, false))
        turn_.start({});
}

std::size_t HttpClient::waiting() const noexcept
{
    return evbuffer_get_length(bufferevent_get_output(&connection_));
}

void HttpClient::on_input(std::size_t added) noexcept
{
    if (added == 0)
        return;
    received_ += added;
    if (state_ == State::asking && std::exchange(is_between_, false))
        deadline_.start(server_.limits_.request);
    // It only has to read; and behind a full buffer evhttp would not see it go.
    if (state_ == State::replying && received_ >= most_ahead)
        leave();
}

void HttpClient::on_output(evbuffer& output, std::size_t sent) noexcept
{
    if (state_ == State::asking)
        return replace_library_error(output);
    if (sent == 0 || state_ != State::replying)
        return;
    if (is_idle_ && waiting() == 0)
        deadline_.stop();
    else
        deadline_.start(server_.limits_.reading);
    turn_.start({});
}

/// What evhttp does not take for a request, it answers by itself, in HTML. Ours goes first, and
/// with that the socket is shut.
void HttpClient::replace_library_error(evbuffer& output) noexcept
{
    constexpr std::string_view version = "HTTP/1.1 ";
    std::array<char, version.size() + 3> head{};
    if (evbuffer_copyout(&output, head.data(), head.size()) != ev_ssize_t{head.size()})
        return;
    int status = 0;
    std::from_chars(head.data() + version.size(), head.data() + head.size(), status);
    if (status == 100)
        return; // go on
    send_away(socket_, library_error(status, received_));
    leave();
}

/// The reply has been written.
void HttpClient::on_answered() noexcept
{
    request_ = nullptr;
    pieces_.reset();
    if (state_ != State::replying)
        return;
    state_ = State::asking;
    received_ = evbuffer_get_length(bufferevent_get_input(&connection_));
    is_between_ = received_ == 0;
    deadline_.start(is_between_ ? server_.limits_.between : server_.limits_.request);
}

/// evhttp is about to free the connection. A request that it has left without one is ours to free,
/// later: this may have been called from within evhttp.
void HttpClient::on_closed() noexcept
{
    if (std::exchange(state_, State::gone) == State::gone)
        return;
    if (request_ != nullptr && evhttp_request_get_connection(request_) != nullptr)
        request_ = nullptr;
    evbuffer_remove_cb_entry(bufferevent_get_input(&connection_), input_entry_);
    evbuffer_remove_cb_entry(bufferevent_get_output(&connection_), output_entry_);
    pieces_.reset();
    deadline_.stop();
    again_.stop();
    server_.on_closed(*this);
}

void HttpClient::watch_again() noexcept
{
    if (is_gone()) {
        state_ = State::gone;
        return server_.on_closed(*this);
    }
    const short wanted = bufferevent_get_enabled(&connection_);
    if ((wanted & EV_READ) != 0)
        bufferevent_enable(&connection_, EV_READ);
    if ((wanted & EV_WRITE) != 0 && waiting() > 0)
        bufferevent_enable(&connection_, EV_WRITE);
    again_.start(watch_time);
}

void HttpClient::leave() noexcept
{
    if (state_ == State::replying) { // evhttp is to read the end, although it has read enough
        bufferevent_setwatermark(&connection_, EV_READ, 0, 0);
        bufferevent_enable(&connection_, EV_READ);
    }
    state_ = State::leaving;
    ::shutdown(socket_, SHUT_RDWR);
    deadline_.start(leave_time);
}

void HttpClient::on_deadline() noexcept
{
    if (is_gone()) {
        state_ = State::gone;
        return server_.on_closed(*this);
    }
    if (state_ == State::asking && received_ > 0)
        send_away(socket_, {408, "too_slow", "the request took too long to arrive"});
    leave();
}

} // namespace usherd::daemon
