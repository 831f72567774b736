// SPDX-License-Identifier: BSD-2-Clause
//
// HTTP for a few local clients in the daemon's loop: libevent's evhttp, and the bounds that its 2.1
// lacks: how many connect, how long a request may take in all, how much waits for a client that
// does not read. What a request means is the HttpHandler's business.
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
#include <vector>

#include "daemon/control/request.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"

struct bufferevent;
struct evhttp;
struct evhttp_request;

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
    [[nodiscard]] virtual std::size_t most_waiting() const noexcept
    {
        return std::size_t{256} * 1024;
    }
};

/// Who is at the other end.
struct HttpPeer {
    bool may_change = false; ///< root or the daemon's user, on the UNIX socket
    bool is_remote = false;  ///< TCP
};

struct HttpRequest {
    HttpClientId client{};
    HttpPeer peer;
    control::Method method = control::Method::other;
    std::string target; ///< as it came
    std::string host;   ///< of the header; empty if there is none
    std::string body;
};

struct HttpHeader {
    const char* name; ///< a literal
    std::string value;
};

struct HttpReply {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    std::string allow{}; ///< with 405
    std::vector<HttpHeader> more_headers{};
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

/// Bytes of a request's line and headers, their line ends not counted.
inline constexpr std::size_t max_head_bytes = std::size_t{8} * 1024;

struct HttpLimits {
    std::size_t clients = 64;
    std::size_t reserved = 16;                 ///< beyond that, for peers that may change something
    std::chrono::milliseconds request{5'000};  ///< from connecting, or its first byte, to its last
    std::chrono::milliseconds between{60'000}; ///< two requests on a connection
    std::chrono::milliseconds reading{300'000}; ///< of a reply, without any progress
};

class HttpClient;

class HttpServer {
public:
    /// @param handler outlives it.
    HttpServer(sys::EventLoop& loop, HttpHandler& handler, HttpLimits limits = {});
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Takes clients from a listening socket, non-blocking, until the server dies. Once.
    void listen(sys::UniqueFd listener);
    /// Nothing happens if the client has gone meanwhile.
    void reply(HttpClientId client, HttpReply reply) noexcept;
    /// Asks bodies that were idle again.
    void wake_idle() noexcept;

private:
    friend class HttpClient;
    class Door;
    struct Free {
        void operator()(evhttp* http) const noexcept;
    };

    bool on_arrival(bufferevent& connection) noexcept;
    void on_request(evhttp_request& request) noexcept;
    void on_closed(HttpClient& client) noexcept;
    void forget_gone() noexcept;
    void bury() noexcept;
    void wake() noexcept;

    sys::EventLoop& loop_;
    HttpHandler& handler_;
    const HttpLimits limits_;
    std::uint64_t last_id_ = 0;
    std::map<HttpClientId, std::unique_ptr<HttpClient>> clients_;
    std::vector<std::unique_ptr<HttpClient>> dead_; ///< they may not die in their own callback
    sys::Deferred bury_;
    sys::Deferred wake_;
    std::unique_ptr<Door> door_;
    std::unique_ptr<evhttp, Free> http_; ///< dies first: it says good-bye to the clients
};

} // namespace usherd::daemon
