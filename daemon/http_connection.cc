// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/http_connection.h"

#include <array>
#include <sys/socket.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/control/json.h"

namespace usherd::daemon {

namespace {

constexpr std::size_t max_input = control::max_head_bytes + control::max_body_bytes;
constexpr std::chrono::seconds leave_time{2};

} // namespace

HttpConnection::HttpConnection(HttpServer& server, HttpClientId id, sys::UniqueFd socket,
                               HttpPeer peer)
    : server_(server), id_(id), peer_(peer), socket_(std::move(socket)),
      readable_(server.loop_, socket_.get(), sys::Watch::What::readable,
                sys::bind<&HttpConnection::on_readable>(*this)),
      writable_(server.loop_, socket_.get(), sys::Watch::What::writable,
                sys::bind<&HttpConnection::on_writable>(*this)),
      deadline_(server.loop_, sys::bind<&HttpConnection::on_deadline>(*this)),
      turn_(server.loop_, sys::bind<&HttpConnection::on_turn>(*this))
{
    readable_.start();
    deadline_.start(server.limits_.request);
}

void HttpConnection::close() noexcept
{
    if (std::exchange(state_, State::closed) == State::closed)
        return;
    readable_.stop();
    writable_.stop();
    deadline_.stop();
    pieces_.reset();
    server_.on_closed(id_);
}

void HttpConnection::on_readable() noexcept
{
    std::array<char, 16 * 1024> buffer;
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count > 0)
        return take_input({buffer.data(), static_cast<std::size_t>(count)});
    // Some clients send their request, shut down and wait; those that follow have gone.
    at_end_ = true;
    readable_.stop();
    if (count < 0 || state_ == State::reading || state_ == State::leaving || idle_)
        close();
}

void HttpConnection::take_input(std::string_view bytes) noexcept
{
    if (state_ == State::leaving) {
        ignored_ += bytes.size();
        if (ignored_ > max_input)
            close();
        return;
    }
    const bool is_first = in_.empty() && !head_;
    in_ += bytes;
    if (state_ != State::reading) {
        if (in_.size() >= max_input)
            readable_.stop(); // the rest waits in the kernel until this one is answered
        return;
    }
    if (is_first)
        deadline_.start(server_.limits_.request);
    take_request();
}

void HttpConnection::take_request() noexcept
{
    if (!head_) {
        std::size_t consumed = 0;
        auto parsed = control::parse_http_head(in_, consumed);
        if (const auto* error = std::get_if<control::Error>(&parsed))
            return refuse(*error);
        auto* head = std::get_if<control::HttpHead>(&parsed);
        if (head == nullptr)
            return;
        in_.erase(0, consumed);
        head_ = std::move(*head);
        if (head_->wants_continue && in_.size() < head_->body_bytes) {
            out_ += "HTTP/1.1 100 Continue\r\n\r\n";
            flush();
        }
    }
    if (state_ != State::reading || in_.size() < head_->body_bytes)
        return;
    HttpRequest request{id_, peer_, *std::exchange(head_, std::nullopt), {}};
    request.body = in_.substr(0, request.head.body_bytes);
    in_.erase(0, request.head.body_bytes);
    chunked_ = request.head.understands_chunks;
    // What is no GET, POST or DELETE may be HEAD, whose answer has no body.
    close_after_ = !request.head.keep_alive || request.head.method == control::Method::other;
    state_ = State::handling;
    deadline_.stop();
    server_.handler_.on_request(server_, std::move(request));
}

void HttpConnection::refuse(const control::Error& error) noexcept
{
    start_reply({error.status, control::to_json(error) + "\n"}, true);
}

void HttpConnection::reply(HttpReply reply) noexcept
{
    if (state_ == State::handling)
        start_reply(std::move(reply), close_after_);
}

void HttpConnection::start_reply(HttpReply reply, bool close)
{
    control::HttpReplyHead head;
    head.status = reply.status;
    head.content_type = reply.content_type;
    head.allow = reply.allow;
    head.more_lines = reply.more_lines;
    pieces_ = std::move(reply.pieces);
    chunked_ = chunked_ && pieces_ != nullptr;
    close_after_ = close || (pieces_ != nullptr && !chunked_);
    head.close = close_after_;
    head.chunked = chunked_;
    head.body_bytes = reply.body.size();
    out_ += control::to_text(head);
    out_ += reply.body;
    state_ = State::replying;
    deadline_.start(server_.limits_.reading);
    turn_.schedule();
}

void HttpConnection::on_turn() noexcept
{
    if (state_ == State::reading && !in_.empty())
        return take_request(); // it came with the one before
    if (state_ != State::replying)
        return;
    if (pieces_ != nullptr && !idle_ && out_.size() - sent_ < pieces_->most_waiting())
        produce();
    flush();
}

void HttpConnection::produce()
{
    std::string piece;
    const auto next = pieces_->produce(piece);
    if (!piece.empty())
        out_ += chunked_ ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece;
    if (next == HttpBody::Next::more)
        turn_.schedule();
    idle_ = next == HttpBody::Next::idle;
    if (next != HttpBody::Next::end)
        return;
    pieces_.reset();
    if (chunked_)
        out_ += "0\r\n\r\n";
}

void HttpConnection::flush() noexcept
{
    while (sent_ < out_.size()) {
        const ssize_t count = ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_,
                                     MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN)
            return close();
        if (count < 0)
            break;
        sent_ += static_cast<std::size_t>(count);
        if (state_ == State::replying)
            deadline_.start(server_.limits_.reading);
    }
    if (sent_ < out_.size())
        return writable_.start();
    out_.clear();
    sent_ = 0;
    writable_.stop();
    if (state_ != State::replying)
        return;
    if (pieces_ == nullptr)
        return finish_reply();
    if (idle_) {
        deadline_.stop(); // it is our turn to say something
        if (at_end_)
            close();
    }
}

void HttpConnection::on_writable() noexcept
{
    flush();
    if (state_ == State::replying && pieces_ != nullptr && !idle_)
        turn_.schedule();
}

void HttpConnection::wake() noexcept
{
    if (std::exchange(idle_, false))
        turn_.schedule();
}

void HttpConnection::finish_reply() noexcept
{
    if (close_after_ || (at_end_ && in_.empty()))
        return leave();
    state_ = State::reading;
    deadline_.start(in_.empty() ? server_.limits_.between : server_.limits_.request);
    if (!at_end_)
        readable_.start();
    if (!in_.empty())
        turn_.schedule();
}

/// What the client still sends has to be read, or its kernel may throw the reply away with it.
void HttpConnection::leave() noexcept
{
    if (at_end_)
        return close();
    state_ = State::leaving;
    ::shutdown(socket_.get(), SHUT_WR);
    readable_.start();
    deadline_.start(leave_time);
}

void HttpConnection::on_deadline() noexcept
{
    const bool is_asking = state_ == State::reading && (head_ || !in_.empty());
    if (!is_asking)
        return close();
    refuse({408, "too_slow", "the request took too long to arrive"});
}

} // namespace usherd::daemon
