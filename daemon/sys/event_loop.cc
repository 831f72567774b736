// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/event_loop.h"

#include <cstdlib>
#include <new>

#include <event2/event.h>

namespace usherd::sys {

namespace {

template <typename T>
T* or_out_of_memory(T* pointer)
{
    if (pointer == nullptr)
        throw std::bad_alloc();
    return pointer;
}

void invoke_callback(evutil_socket_t, short, void* callback) noexcept
{
    (*static_cast<const Callback*>(callback))();
}

} // namespace

// All events have the same priority: libevent looks at a lower one only in a turn in which no
// higher one was due, so that under load its callbacks would never run.
EventLoop::EventLoop() : base_(or_out_of_memory(event_base_new())) {}

EventLoop::~EventLoop()
{
    event_base_free(base_);
}

bool EventLoop::run() noexcept
{
    return event_base_loop(base_, EVLOOP_NO_EXIT_ON_EMPTY) >= 0;
}

void EventLoop::stop() noexcept
{
    event_base_loopexit(base_, nullptr);
}

Watch::Watch(EventLoop& loop, int fd, What what, Callback callback)
    : event_(or_out_of_memory(
          event_new(loop.base(), fd,
                    static_cast<short>((what == What::readable ? EV_READ : EV_WRITE) | EV_PERSIST),
                    invoke_callback, &callback_))),
      callback_(callback)
{
}

Watch::~Watch()
{
    event_free(event_);
}

void Watch::start() noexcept
{
    if (started_)
        return;
    started_ = event_add(event_, nullptr) == 0;
}

void Watch::stop() noexcept
{
    if (!started_)
        return;
    event_del(event_);
    started_ = false;
}

Timer::Timer(EventLoop& loop, Callback callback)
    : event_(or_out_of_memory(evtimer_new(loop.base(), fire, this))), callback_(callback)
{
}

Timer::~Timer()
{
    event_free(event_);
}

void Timer::fire(int, short, void* self) noexcept
{
    auto* timer = static_cast<Timer*>(self);
    timer->started_ = false;
    timer->callback_();
}

void Timer::start(std::chrono::microseconds after) noexcept
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(after);
    const timeval delay{static_cast<time_t>(seconds.count()),
                        static_cast<suseconds_t>((after - seconds).count())};
    started_ = event_add(event_, &delay) == 0;
}

void Timer::stop() noexcept
{
    event_del(event_);
    started_ = false;
}

Deferred::Deferred(EventLoop& loop, Callback callback)
    : event_(or_out_of_memory(event_new(loop.base(), -1, 0, fire, this))), callback_(callback)
{
}

Deferred::~Deferred()
{
    event_free(event_);
}

void Deferred::fire(int, short, void* self) noexcept
{
    auto* deferred = static_cast<Deferred*>(self);
    deferred->scheduled_ = false;
    deferred->callback_();
}

void Deferred::schedule() noexcept
{
    if (scheduled_)
        return;
    scheduled_ = true;
    // Goes to the end of the queue of what is due now.
    event_active(event_, EV_TIMEOUT, 1);
}

SignalWatch::SignalWatch(EventLoop& loop, int signal, Callback callback)
    : event_(or_out_of_memory(
          event_new(loop.base(), signal, EV_SIGNAL | EV_PERSIST, invoke_callback, &callback_))),
      callback_(callback)
{
    event_add(event_, nullptr);
}

SignalWatch::~SignalWatch()
{
    event_free(event_);
}

} // namespace usherd::sys
