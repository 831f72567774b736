// SPDX-License-Identifier: BSD-2-Clause
//
// Through which clients come to an evhttp: a few a loop turn, with a pause after somebody was sent
// away and a longer one when descriptors run out, so that no crowd at the door takes the loop's
// time or its descriptors from the services.

#pragma once

#include <vector>

#include "daemon/http_server.h"

struct evconnlistener;

namespace usherd::daemon {

class HttpServer::Door {
public:
    /// @param http outlives nothing here, but frees the listener. @param socket listening,
    /// non-blocking; http's from now on.
    Door(HttpServer& server, evhttp& http, sys::UniqueFd socket);
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

private:
    /// evhttp has accepted somebody and wants what to talk to him through; which socket that is, it
    /// says later in the turn.
    bufferevent* on_accepted() noexcept;
    void on_failure() noexcept;
    void let_in() noexcept;
    void open() noexcept;

    HttpServer& server_;
    evconnlistener* listener_;           ///< evhttp's
    std::vector<bufferevent*> arrivals_; ///< held: evhttp frees one that it cannot watch
    sys::Deferred let_in_;
    sys::Timer pause_;
};

} // namespace usherd::daemon
