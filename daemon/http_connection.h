// SPDX-License-Identifier: BSD-2-Clause
//
// One client of the HttpServer: a request is read, handled, answered, then the next.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http_server.h"

namespace usherd::daemon {

class HttpConnection {
public:
    HttpConnection(HttpServer& server, HttpClientId id, sys::UniqueFd socket, HttpPeer peer);
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    void reply(HttpReply reply) noexcept;
    /// If its reply has been waiting for something to say.
    void wake() noexcept;
    /// Stops everything; the server destroys it later.
    void close() noexcept;

private:
    enum class State { reading, handling, replying, leaving, closed };

    void on_readable() noexcept;
    void on_writable() noexcept;
    void on_deadline() noexcept;
    void on_turn() noexcept;

    void take_input(std::string_view bytes) noexcept;
    void take_request() noexcept;
    void refuse(const control::Error& error) noexcept;
    void start_reply(HttpReply reply, bool close);
    void produce();
    void flush() noexcept;
    void finish_reply() noexcept;
    void leave() noexcept;

    HttpServer& server_;
    const HttpClientId id_;
    const HttpPeer peer_;
    State state_ = State::reading;
    std::string in_;
    std::optional<control::HttpHead> head_; ///< of the request whose body is still coming
    std::string out_;
    std::size_t sent_ = 0; ///< of out_
    std::unique_ptr<HttpBody> pieces_;
    bool idle_ = false; ///< pieces_ had nothing to say
    bool chunked_ = false;
    bool close_after_ = false;
    bool at_end_ = false;     ///< the client sends no more
    std::size_t ignored_ = 0; ///< bytes read while leaving
    sys::UniqueFd socket_;
    // After socket_: they die before it.
    sys::Watch readable_;
    sys::Watch writable_;
    sys::Timer deadline_;
    sys::Deferred turn_;
};

} // namespace usherd::daemon
