// SPDX-License-Identifier: BSD-2-Clause
//
// HTTP/1.1 for a few local clients, in the daemon's loop: accepts, bounds, reads requests, writes
// replies. What a request means is the HttpHandler's business.
//
// Not libevent's evhttp: its 2.1 neither limits how many connect nor how long a request may take to
// arrive in all (a byte now and then keeps it waiting), and tells nobody of a client that goes away
// before its first request.
//
// A long reply is an HttpBody, asked for one piece a loop turn and only while the client reads, so
// that neither its length nor a slow client costs the services anything.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/control/http_head.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

/// A client of the server; numbers are not used again.
enum class HttpClientId : std::uint64_t {};

/// The pieces of a long reply.
class HttpBody {
public:
    enum class Next {
        more, ///< there is more to come, in another turn
        idle, ///< nothing now: ask after HttpServer::wake_idle()
        end,
    };
    virtual ~HttpBody() = default;
    /// Appends the next piece, of a few milliseconds' work at most.
    [[nodiscard]] virtual Next produce(std::string& out) noexcept = 0;
    /// How much may wait for a client that does not read, in bytes.
    [[nodiscard]] virtual std::size_t most_waiting() const noexcept { return 256 * 1024; }
};

/// Who is at the other end.
struct HttpPeer {
    bool may_change = false; ///< root or the daemon's user, on the UNIX socket
    bool is_remote = false;  ///< TCP
};

struct HttpRequest {
    HttpClientId client{};
    HttpPeer peer;
    control::HttpHead head;
    std::string body;
};

struct HttpReply {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::string allow{};                ///< with 405
    std::string more_lines{};           ///< further header lines, each with CR LF
    std::unique_ptr<HttpBody> pieces{}; ///< instead of `body`
};

class HttpServer;

class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    /// To be answered with HttpServer::reply(), now or later.
    /// @param server to be answered through.
    virtual void on_request(HttpServer& server, HttpRequest request) noexcept = 0;
};

struct HttpLimits {
    std::size_t clients = 64;
    std::size_t reserved = 16;                 ///< beyond that, for peers that may change something
    std::chrono::milliseconds request{5'000};  ///< from connecting, or its first byte, to its last
    std::chrono::milliseconds between{60'000}; ///< two requests on a connection
    std::chrono::milliseconds reading{30'000}; ///< of a reply, without any progress
};

class HttpConnection;

class HttpServer {
public:
    /// @param handler outlives it.
    HttpServer(sys::EventLoop& loop, HttpHandler& handler, HttpLimits limits = {});
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Takes clients from a listening socket, non-blocking, until the server dies.
    void listen(sys::UniqueFd listener);
    /// Nothing happens if the client has gone meanwhile.
    void reply(HttpClientId client, HttpReply reply) noexcept;
    /// Asks bodies that were idle again.
    void wake_idle() noexcept;
    [[nodiscard]] std::size_t clients() const noexcept { return clients_.size(); }

private:
    friend class HttpConnection;
    struct Listening;

    void on_client(sys::UniqueFd socket) noexcept;
    void on_closed(HttpClientId client) noexcept;
    void bury() noexcept;
    void wake() noexcept;

    sys::EventLoop& loop_;
    HttpHandler& handler_;
    const HttpLimits limits_;
    std::uint64_t last_id_ = 0;
    std::map<HttpClientId, std::unique_ptr<HttpConnection>> clients_;
    std::vector<std::unique_ptr<HttpConnection>> dead_; ///< they may not die in their own callback
    std::vector<std::unique_ptr<Listening>> listening_;
    sys::Deferred bury_;
    sys::Deferred wake_;
};

} // namespace usherd::daemon
