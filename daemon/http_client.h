// SPDX-License-Identifier: BSD-2-Clause
//
// One connection of the HttpServer: its bounds, and its reply in pieces. evhttp owns the connection
// and reads the requests.
//
// Whoever exceeds a bound gets a last word and has his socket shut down; evhttp takes that for the
// end of the client and frees what it has of him. In this way there is one path on which
// connections end. evhttp tells of that end only once there has been a request; until then a look
// at the descriptor says whether it is still the same socket. Each second the connection's watches
// are asked for again: where the kernel had no memory for one (epoll_ctl(2)), libevent has none,
// and neither a request nor an end would ever be seen.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "daemon/http_server.h"

struct evbuffer;
struct evbuffer_cb_entry;
struct evbuffer_cb_info;

namespace usherd::daemon {

class HttpClient {
public:
    /// @param connection evhttp's, just accepted. @param inode of its socket
    HttpClient(HttpServer& server, HttpClientId id, bufferevent& connection, ino_t inode,
               HttpPeer peer);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Of an open descriptor; 0 if it is not open, nothing if the system cannot say.
    [[nodiscard]] static std::optional<ino_t> inode_of(int descriptor) noexcept;
    /// Says why, once and without waiting, and shuts the socket down.
    static void send_away(int socket, const control::Error& error) noexcept;

    [[nodiscard]] HttpClientId id() const noexcept { return id_; }
    [[nodiscard]] int socket() const noexcept { return socket_; }
    /// True once evhttp has let go of the connection.
    [[nodiscard]] bool is_gone() const noexcept;

    void on_request(evhttp_request& request) noexcept;
    void reply(HttpReply reply) noexcept;
    /// If its reply has been waiting for something to say.
    void wake() noexcept;

private:
    enum class State {
        asking,   ///< evhttp waits for a request, or reads it
        handling, ///< there is one
        replying,
        leaving, ///< shut down; evhttp has not noticed yet
        gone,
    };

    void on_input(std::size_t added) noexcept;
    void on_output(evbuffer& output, std::size_t sent) noexcept;
    void on_answered() noexcept;
    void on_closed() noexcept;
    void on_deadline() noexcept;
    void on_turn() noexcept;
    void watch_again() noexcept;

    void send(HttpReply reply);
    void produce();
    void listen(bool yes) noexcept;
    void replace_library_error(evbuffer& output) noexcept;
    void leave() noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept;

    HttpServer& server_;
    const HttpClientId id_;
    const HttpPeer peer_;
    bufferevent& connection_; ///< evhttp's; valid from a request to `gone`
    const int socket_;        ///< connection_'s
    const ino_t inode_;       ///< of socket_: no other socket has it
    State state_ = State::asking;
    bool is_between_ = false;           ///< requests: nothing of the next one has come
    std::size_t received_ = 0;          ///< bytes since the last whole request
    evhttp_request* request_ = nullptr; ///< evhttp's, but for the end of on_closed()
    std::unique_ptr<HttpBody> pieces_;
    bool is_idle_ = false; ///< pieces_ had nothing to say
    bool has_end_ = false; ///< evhttp will tell of the end
    evbuffer_cb_entry* input_entry_;
    evbuffer_cb_entry* output_entry_;
    sys::Timer deadline_;
    sys::Timer again_;
    sys::Timer turn_; ///< a piece a turn, with a look at all descriptors in between
};

} // namespace usherd::daemon
