// SPDX-License-Identifier: BSD-2-Clause
//
// libevent behind values with owners: EventLoop, Watch (a descriptor), Timer, Deferred (later in
// the same turn), SignalWatch. Callbacks are two words and noexcept; every object cancels itself
// when it dies, and none may be copied or moved.

#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "daemon/sys/unique_fd.h"

struct event;
struct event_base;

namespace usherd::sys {

/// Gives libevent's own messages to `write` instead of stderr; nullptr: drops them. For the whole
/// process: libevent has one such hook. @param level 0 debug, 1 message, 2 warning, 3 error
void redirect_library_messages(void (*write)(int level, const char* text)) noexcept;

struct Callback {
    void* object = nullptr;
    void (*invoke)(void*) noexcept = nullptr;

    void operator()() const noexcept { invoke(object); }
};

/// Binds a member function to `object`, which must outlive the registration.
template <auto method, class Object>
Callback bind(Object& object) noexcept
{
    static_assert(noexcept((object.*method)()), "an event callback must be noexcept");
    return {&object, [](void* p) noexcept { (static_cast<Object*>(p)->*method)(); }};
}

class Watch;

/// Owns the event_base. Declared before, and so dies after, everything that watches.
class EventLoop {
public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Until stop(). @return false if libevent reported an error.
    [[nodiscard]] bool run() noexcept;
    /// Ends run() after the callbacks that are due.
    void stop() noexcept;
    [[nodiscard]] event_base* base() const noexcept { return base_; }
    /// Lets `object` die after the loop: for what a library may call back when its owner is gone.
    void keep_until_the_end(std::shared_ptr<void> object);

private:
    friend class Watch;
    static void watch_again(int, short, void* self) noexcept;
    void watch_later(Watch& watch);
    void forget(Watch& watch) noexcept;

    event_base* base_;
    struct event* again_; ///< while there is something in unwatched_
    std::vector<Watch*> unwatched_;
    std::vector<std::shared_ptr<void>> kept_;
};

/// Watches a borrowed descriptor; level-triggered. Where the kernel has no memory or no watch left
/// (epoll_ctl(2), ENOMEM, ENOSPC) it is tried again each second. Declare it after the UniqueFd it
/// watches, so that it dies before: epoll must forget a descriptor while the number is still ours.
class Watch {
public:
    enum class What { readable, writable };

    /// Not yet started.
    Watch(EventLoop& loop, int fd, What what, Callback callback);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void start() noexcept;
    void stop() noexcept;
    [[nodiscard]] bool is_started() const noexcept { return started_; }
    [[nodiscard]] EventLoop& loop() const noexcept { return loop_; }

private:
    friend class EventLoop;
    [[nodiscard]] bool add() noexcept;

    EventLoop& loop_;
    struct event* event_;
    Callback callback_;
    bool started_ = false;
};

/// One shot; start() again rearms it. Never early by std::chrono::steady_clock, late by a few
/// milliseconds and by whatever runs before it. A negative time is zero.
class Timer {
public:
    Timer(EventLoop& loop, Callback callback);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void start(std::chrono::microseconds after) noexcept;
    /// For what is started anew in each turn: sets the timer for `latest` from now, unless it will
    /// call between then and `soonest` already, which costs nothing.
    void start_within(std::chrono::microseconds soonest, std::chrono::microseconds latest) noexcept;
    void stop() noexcept;
    [[nodiscard]] bool is_started() const noexcept { return started_; }

private:
    static void fire(int, short, void* self) noexcept;
    void arm(std::chrono::microseconds after) noexcept;
    struct event* event_;
    Callback callback_;
    std::chrono::steady_clock::time_point due_;
    bool started_ = false;
};

/// Runs once after the callbacks of this loop turn that are already due: batches work. May schedule
/// itself again; descriptors and timers still get their turn.
class Deferred {
public:
    Deferred(EventLoop& loop, Callback callback);
    ~Deferred();
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    void schedule() noexcept; ///< again before it ran: still once

private:
    static void fire(int, short, void* self) noexcept;
    struct event* event_;
    Callback callback_;
    bool scheduled_ = false;
};

/// Delivers a signal through the loop. The signal is blocked in this thread, and in threads that it
/// starts, for as long as somebody watches; its action stays as it is, so that children have none
/// to reset. Several that come in one turn may be delivered as one. One SignalWatch a signal.
/// Throws std::system_error if the system refuses a descriptor. @see signalfd(2)
class SignalWatch {
public:
    SignalWatch(EventLoop& loop, int signal, Callback callback);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    void on_readable() noexcept;

    int signal_;
    bool was_blocked_;
    Callback callback_;
    UniqueFd descriptor_;
    Watch watch_;
};

} // namespace usherd::sys
