// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>
#include <new>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

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

// All events have one priority, so that they run in the order in which they became due: libevent
// does not look at a lower one while there is anything to do at a higher, and under load there
// always is. After so many callbacks it polls again, whatever they have put behind themselves.
constexpr int callbacks_between_polls = 1024;
constexpr int highest_priority = 0;
// Longer than anybody waits, and short enough that no clock overflows.
constexpr std::chrono::hours longest_delay{24 * 365 * 10};

event_base* make_base()
{
    const std::unique_ptr<event_config, decltype(&event_config_free)> config(
        or_out_of_memory(event_config_new()), event_config_free);
    event_config_set_max_dispatch_interval(config.get(), nullptr, callbacks_between_polls,
                                           highest_priority);
    return or_out_of_memory(event_base_new_with_config(config.get()));
}

sigset_t only(int signal) noexcept
{
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, signal);
    return set;
}

/// @return whether it was blocked already
bool block(int signal) noexcept
{
    const sigset_t set = only(signal);
    sigset_t before;
    ::sigemptyset(&before);
    ::pthread_sigmask(SIG_BLOCK, &set, &before);
    return ::sigismember(&before, signal) == 1;
}

UniqueFd make_signal_descriptor(int signal)
{
    const sigset_t set = only(signal);
    UniqueFd descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor)
        throw std::system_error(errno, std::generic_category(), "signalfd");
    return descriptor;
}

timeval to_timeval(std::chrono::microseconds duration) noexcept
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    return {static_cast<time_t>(seconds.count()),
            static_cast<suseconds_t>((duration - seconds).count())};
}

} // namespace

void redirect_library_messages(void (*write)(int level, const char* text)) noexcept
{
    event_set_log_callback(write != nullptr ? write : [](int, const char*) {});
}

EventLoop::EventLoop()
    : base_(make_base()), again_(or_out_of_memory(evtimer_new(base_, watch_again, this)))
{
}

EventLoop::~EventLoop()
{
    event_free(again_);
    event_base_free(base_);
}

void EventLoop::watch_later(Watch& watch)
{
    unwatched_.push_back(&watch);
    const timeval second{1, 0};
    if (unwatched_.size() == 1)
        event_add(again_, &second);
}

void EventLoop::forget(Watch& watch) noexcept
{
    if (!unwatched_.empty())
        std::erase(unwatched_, &watch);
}

void EventLoop::watch_again(int, short, void* self) noexcept
{
    auto& loop = *static_cast<EventLoop*>(self);
    std::vector<Watch*> waiting;
    waiting.swap(loop.unwatched_);
    for (Watch* watch : waiting)
        if (!watch->add())
            loop.watch_later(*watch);
}

void EventLoop::keep_until_the_end(std::shared_ptr<void> object)
{
    kept_.push_back(std::move(object));
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
    : loop_(loop),
      event_(or_out_of_memory(
          event_new(loop.base(), fd,
                    static_cast<short>((what == What::readable ? EV_READ : EV_WRITE) | EV_PERSIST),
                    invoke_callback, &callback_))),
      callback_(callback)
{
}

Watch::~Watch()
{
    loop_.forget(*this);
    event_free(event_);
}

/// @return false if it may succeed later. What cannot be watched at all, a file say, stays so.
bool Watch::add() noexcept
{
    errno = 0;
    started_ = event_add(event_, nullptr) == 0;
    return started_ || errno == EPERM;
}

void Watch::start() noexcept
{
    if (started_)
        return;
    loop_.forget(*this);
    if (!add())
        loop_.watch_later(*this);
}

void Watch::stop() noexcept
{
    loop_.forget(*this);
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
    // libevent reckons with a coarse clock, and with the time at which the present turn began.
    const auto early = timer->due_ - std::chrono::steady_clock::now();
    if (early > std::chrono::steady_clock::duration::zero()) {
        timer->arm(std::chrono::ceil<std::chrono::microseconds>(early));
        return;
    }
    timer->callback_();
}

void Timer::arm(std::chrono::microseconds after) noexcept
{
    const timeval delay = to_timeval(after);
    started_ = event_add(event_, &delay) == 0;
}

void Timer::start(std::chrono::microseconds after) noexcept
{
    after = std::clamp<std::chrono::microseconds>(after, {}, longest_delay);
    due_ = std::chrono::steady_clock::now() + after;
    arm(after);
}

void Timer::start_within(std::chrono::microseconds soonest,
                         std::chrono::microseconds latest) noexcept
{
    const auto left = due_ - std::chrono::steady_clock::now();
    if (!started_ || left < soonest || left > latest)
        start(latest);
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
    event_active(event_, EV_TIMEOUT, 1);
}

SignalWatch::SignalWatch(EventLoop& loop, int signal, Callback callback)
    : signal_(signal), was_blocked_(block(signal)), callback_(callback),
      descriptor_(make_signal_descriptor(signal)),
      watch_(loop, descriptor_.get(), Watch::What::readable, bind<&SignalWatch::on_readable>(*this))
{
    watch_.start();
}

SignalWatch::~SignalWatch()
{
    // One that is pending was meant for the watch.
    signalfd_siginfo info;
    (void)!::read(descriptor_.get(), &info, sizeof info);
    const sigset_t set = only(signal_);
    if (!was_blocked_)
        ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalWatch::on_readable() noexcept
{
    signalfd_siginfo info; // one at a time: the kernel keeps a single one pending
    if (::read(descriptor_.get(), &info, sizeof info) > 0)
        callback_();
}

} // namespace usherd::sys
