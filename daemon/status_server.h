// SPDX-License-Identifier: BSD-2-Clause
//
// The status socket: who may ask what, and which answer a request has. HTTP itself is in
// http_server.h, what is asked in control/request.h, the facts in status_facts.h.
// @see usherd-status(7)

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/control/plan.h"
#include "daemon/control/request.h"
#include "daemon/http_server.h"
#include "daemon/loop_lag.h"
#include "daemon/server.h"
#include "daemon/status_socket.h"

namespace usherd::daemon {

class StatusServer final : public HttpHandler {
public:
    using ReloadDone = std::function<void(control::ReloadAnswer)>;
    /// Reads the configuration and applies it, or does not; `done` is called in the loop, perhaps
    /// much later.
    using Reload = std::function<void(const control::PostReload& request, ReloadDone done)>;

    /// @param server outlives it.
    StatusServer(sys::EventLoop& loop, Log& log, Server& server, Reload reload);

    ~StatusServer() override;
    StatusServer(const StatusServer&) = delete;
    StatusServer& operator=(const StatusServer&) = delete;

    /// Makes the socket. A failure is logged; the daemon does without.
    void open(const std::string& path, std::optional<std::uint32_t> group);
    /// After a reload.
    void set_group(std::optional<std::uint32_t> group);

    /// Listens on TCP too, for questions only. A failure is logged.
    void open_http(const std::string& address, bool allow_remote);

    void on_request(HttpServer& via, HttpRequest request) noexcept override;

private:
    class Answer;

    Log& log_;
    Server& server_;
    const Reload reload_;
    const control::Time started_;
    std::optional<StatusSocket> socket_;
    LoopLag lag_;
    HttpServer http_;
    HttpServer remote_; ///< clients of --http: they cannot crowd out those of the socket
    bool any_host_ = false;
};

} // namespace usherd::daemon
