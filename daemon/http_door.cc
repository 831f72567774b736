// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/http_door.h"

#include <map>
#include <new>
#include <utility>

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>

namespace usherd::daemon {

namespace {

constexpr std::size_t accepts_a_turn = 16;
constexpr std::chrono::milliseconds pause_after_a_crowd{10};
constexpr std::chrono::seconds pause_without_descriptors{1};

/// Whose failure it is: evhttp keeps the one pointer that a listener's callbacks get for itself.
std::map<const evconnlistener*, sys::Callback>& failure_callbacks()
{
    static std::map<const evconnlistener*, sys::Callback> callbacks;
    return callbacks;
}

void on_failed(evconnlistener* listener, void* /*evhttp's*/) noexcept
{
    if (const auto found = failure_callbacks().find(listener); found != failure_callbacks().end())
        found->second();
}

/// Of a connection that it cannot watch (epoll_ctl(2), ENOMEM) evhttp closes the socket, and leaves
/// the number in the bufferevent, which would close it once more when it is another's.
bool is_given_up(bufferevent& connection) noexcept
{
    bufferevent_event_cb on_event = nullptr;
    bufferevent_getcb(&connection, nullptr, nullptr, &on_event, nullptr);
    return on_event == nullptr;
}

evconnlistener* make_listener(sys::EventLoop& loop, sys::UniqueFd socket)
{
    evconnlistener* listener =
        evconnlistener_new(loop.base(), nullptr, nullptr,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, socket.get());
    if (listener == nullptr)
        throw std::bad_alloc();
    (void)socket.release();
    return listener;
}

} // namespace

HttpServer::Door::Door(HttpServer& server, evhttp& http, sys::UniqueFd socket)
    : server_(server), listener_(make_listener(server.loop_, std::move(socket))),
      let_in_(server.loop_, sys::bind<&Door::let_in>(*this)),
      pause_(server.loop_, sys::bind<&Door::open>(*this))
{
    const auto accepted = [](event_base*, void* self) noexcept {
        return static_cast<Door*>(self)->on_accepted();
    };
    evhttp_set_bevcb(&http, accepted, this);
    if (evhttp_bind_listener(&http, listener_) == nullptr)
        throw std::bad_alloc();
    failure_callbacks()[listener_] = sys::bind<&Door::on_failure>(*this);
    evconnlistener_set_error_cb(listener_, on_failed);
}

HttpServer::Door::~Door()
{
    failure_callbacks().erase(listener_);
    for (bufferevent* connection : arrivals_)
        bufferevent_decref(connection); // the loop ends with it: no number is given anew
}

bufferevent* HttpServer::Door::on_accepted() noexcept
{
    bufferevent* connection =
        bufferevent_socket_new(server_.loop_.base(), -1, BEV_OPT_CLOSE_ON_FREE);
    if (connection == nullptr)
        return nullptr; // evhttp makes one of its own, whose request nobody here will answer
    bufferevent_incref(connection);
    arrivals_.push_back(connection);
    let_in_.schedule();
    if (arrivals_.size() >= accepts_a_turn)
        evconnlistener_disable(listener_);
    return connection;
}

void HttpServer::Door::let_in() noexcept
{
    bool is_crowded = false;
    for (bufferevent* connection : std::exchange(arrivals_, {})) {
        if (is_given_up(*connection))
            bufferevent_setfd(connection, -1);
        else
            is_crowded = !server_.on_arrival(*connection) || is_crowded;
        bufferevent_decref(connection);
    }
    if (pause_.is_started())
        return;
    if (!is_crowded)
        return open();
    evconnlistener_disable(listener_);
    pause_.start(pause_after_a_crowd);
}

void HttpServer::Door::on_failure() noexcept
{
    evconnlistener_disable(listener_);
    pause_.start(pause_without_descriptors);
}

/// The kernel may have no memory for the watch (epoll_ctl(2)): nobody would ever come in again.
void HttpServer::Door::open() noexcept
{
    if (evconnlistener_enable(listener_) != 0)
        pause_.start(pause_without_descriptors);
}

} // namespace usherd::daemon
