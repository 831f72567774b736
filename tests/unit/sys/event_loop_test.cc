// SPDX-License-Identifier: BSD-2-Clause
#include <array>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sys/event_loop.h"
#include "daemon/sys/unique_fd.h"
#include "tests/unit/sys/guarded_loop.h"

namespace usherd::sys {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
    void put() { REQUIRE(::write(write_end.get(), "x", 1) == 1); }
    void take()
    {
        char byte = 0;
        REQUIRE(::read(read_end.get(), &byte, 1) == 1);
    }

    UniqueFd read_end;
    UniqueFd write_end;
};

} // namespace

TEST_CASE_METHOD(GuardedLoop, "a loop that is stopped before it runs ends at once")
{
    loop.stop();
    run();
}

TEST_CASE_METHOD(GuardedLoop, "a loop can run again after it was stopped")
{
    Hook stop([&] { loop.stop(); });
    Timer timer(loop, stop);
    timer.start(0ms);
    run();
    timer.start(0ms);
    run();
    CHECK(stop.calls == 2);
}

TEST_CASE_METHOD(GuardedLoop, "a watch calls as long as its descriptor is readable")
{
    Pipe pipe;
    Hook take([&] {
        if (take.calls == 3) {
            pipe.take();
            loop.stop();
        }
    });
    Watch watch(loop, pipe.read_end.get(), Watch::What::readable, take);
    pipe.put();
    run_for(20ms);
    CHECK(take.calls == 0); // not started

    watch.start();
    CHECK(watch.is_started());
    watch.start(); // twice is once
    run();
    CHECK(take.calls == 3);
    run_for(20ms);
    CHECK(take.calls == 3);
}

TEST_CASE_METHOD(GuardedLoop, "a stopped watch is silent until it is started again")
{
    Pipe pipe;
    Hook seen([&] { loop.stop(); });
    Watch watch(loop, pipe.read_end.get(), Watch::What::readable, seen);
    watch.start();
    pipe.put();
    watch.stop();
    watch.stop();
    CHECK_FALSE(watch.is_started());
    run_for(20ms);
    CHECK(seen.calls == 0);
    watch.start();
    run();
    CHECK(seen.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop, "a descriptor can be watched for reading and for writing at once")
{
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd one(ends[0]);
    const UniqueFd other(ends[1]);
    Hook writable([&] { loop.stop(); });
    Hook readable([&] { loop.stop(); });
    Watch writing(loop, one.get(), Watch::What::writable, writable);
    Watch reading(loop, one.get(), Watch::What::readable, readable);
    reading.start();
    writing.start();
    run();
    CHECK(writable.calls == 1);
    CHECK(readable.calls == 0);
    writing.stop();
    REQUIRE(::write(other.get(), "x", 1) == 1);
    run();
    CHECK(readable.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop, "what cannot be watched does not pretend to be")
{
    const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)); // epoll takes no files
    REQUIRE(file);
    Hook never([] {});
    Watch watch(loop, file.get(), Watch::What::readable, never);
    watch.start();
    CHECK_FALSE(watch.is_started());
}

TEST_CASE_METHOD(GuardedLoop, "a watch that dies in the turn in which it is due is not called")
{
    Pipe first;
    Pipe second;
    std::optional<Watch> one;
    std::optional<Watch> other;
    // Whichever comes first destroys both of them.
    Hook destroy([&] {
        one.reset();
        other.reset();
        loop.stop();
    });
    one.emplace(loop, first.read_end.get(), Watch::What::readable, destroy);
    other.emplace(loop, second.read_end.get(), Watch::What::readable, destroy);
    one->start();
    other->start();
    first.put();
    second.put();
    run();
    CHECK(destroy.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop, "a descriptor number used again belongs to its new watch")
{
    Hook old([] {});
    Hook fresh([&] { loop.stop(); });
    auto pipe = std::make_unique<Pipe>();
    auto watch = std::make_unique<Watch>(loop, pipe->read_end.get(), Watch::What::readable, old);
    watch->start();
    const int number = pipe->read_end.get();
    watch.reset();
    pipe.reset();
    Pipe again;
    REQUIRE(again.read_end.get() == number);
    Watch next(loop, again.read_end.get(), Watch::What::readable, fresh);
    next.start();
    again.put();
    run();
    CHECK(old.calls == 0);
    CHECK(fresh.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop, "a timer calls once, and never early")
{
    const auto length = GENERATE(0us, 300us, 1ms, 7ms, 33ms);
    auto fired_at = Clock::time_point::max();
    Hook fired([&] {
        fired_at = Clock::now();
        loop.stop();
    });
    Timer timer(loop, fired);
    const auto begin = Clock::now();
    timer.start(length);
    CHECK(timer.is_started());
    run();
    CHECK(fired_at - begin >= length);
    CHECK_FALSE(timer.is_started());
    run_for(length * 2 + 10ms < 30ms ? 30ms : 80ms);
    CHECK(fired.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop, "a timer started late in a long turn counts from then")
{
    auto started_at = Clock::time_point::max();
    auto fired_at = Clock::time_point::max();
    Hook fired([&] {
        fired_at = Clock::now();
        loop.stop();
    });
    Timer timer(loop, fired);
    Hook busy([&] {
        const auto until = Clock::now() + 30ms;
        while (Clock::now() < until)
            continue;
        started_at = Clock::now();
        timer.start(20ms);
    });
    Deferred work(loop, busy);
    work.schedule();
    run();
    CHECK(fired_at - started_at >= 20ms);
}

TEST_CASE_METHOD(GuardedLoop, "a timer started again counts from the second start")
{
    Hook fired([&] { loop.stop(); });
    Timer timer(loop, fired);
    timer.start(1h);
    timer.start(5ms);
    run();
    CHECK(fired.calls == 1);
    timer.start(1ms);
    timer.start(1h);
    run_for(30ms);
    CHECK(fired.calls == 1);
    CHECK(timer.is_started());
}

TEST_CASE_METHOD(GuardedLoop, "a timer that is due within the time wanted stays as it is")
{
    Hook fired([&] { loop.stop(); });
    Timer timer(loop, fired);
    const auto begin = Clock::now();
    timer.start(60ms);
    timer.start_within(10ms, 1h);
    timer.start_within(0ms, 2h);
    run();
    CHECK(fired.calls == 1);
    CHECK(Clock::now() - begin < 1h);
}

TEST_CASE_METHOD(GuardedLoop, "a timer that is due too soon or too late is set for the latest time")
{
    const auto before = GENERATE(0us, 1us, 1h);
    const bool was_stopped = GENERATE(false, true);
    auto fired_at = Clock::time_point::max();
    Hook fired([&] {
        fired_at = Clock::now();
        loop.stop();
    });
    Timer timer(loop, fired);
    timer.start(before);
    if (was_stopped)
        timer.stop();
    const auto begin = Clock::now();
    timer.start_within(10ms, 20ms);
    run();
    CHECK(fired_at - begin >= 20ms);
    CHECK(fired.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop, "a stopped or dead timer does not call")
{
    Hook never([] {});
    Timer stopped(loop, never);
    stopped.start(1ms);
    stopped.stop();
    CHECK_FALSE(stopped.is_started());
    {
        Timer dead(loop, never);
        dead.start(1ms);
    }
    run_for(30ms);
    CHECK(never.calls == 0);
}

TEST_CASE_METHOD(GuardedLoop, "a timer may start itself in its callback")
{
    std::optional<Timer> timer;
    Hook tick([&] {
        if (tick.calls == 3)
            loop.stop();
        else
            timer->start(1ms);
    });
    timer.emplace(loop, tick);
    timer->start(1ms);
    run();
    CHECK(tick.calls == 3);
}

TEST_CASE_METHOD(GuardedLoop, "a negative time is over, an endless one is never")
{
    Hook fired([&] { loop.stop(); });
    Timer timer(loop, fired);
    timer.start(-1us);
    run();
    timer.start(-1h);
    run();
    CHECK(fired.calls == 2);
    timer.start(std::chrono::microseconds::max());
    run_for(30ms);
    CHECK(fired.calls == 2);
}

TEST_CASE_METHOD(GuardedLoop, "what is deferred runs once, after what was due already")
{
    std::string order;
    Hook afterwards([&] {
        order += 'd';
        loop.stop();
    });
    Deferred deferred(loop, afterwards);
    Pipe first;
    Pipe second;
    const auto take = [&](Pipe& pipe) {
        pipe.take();
        order += 'w';
        deferred.schedule();
        deferred.schedule();
    };
    Hook first_hook([&] { take(first); });
    Hook second_hook([&] { take(second); });
    Watch first_watch(loop, first.read_end.get(), Watch::What::readable, first_hook);
    Watch second_watch(loop, second.read_end.get(), Watch::What::readable, second_hook);
    first_watch.start();
    second_watch.start();
    first.put();
    second.put();
    run();
    CHECK(order == "wwd");
    run_for(20ms);
    CHECK(order == "wwd");
}

TEST_CASE_METHOD(GuardedLoop, "what is deferred runs although a descriptor is always ready")
{
    Pipe pipe;
    pipe.put();
    Hook afterwards([&] { loop.stop(); });
    Deferred deferred(loop, afterwards);
    Hook busy([&] { deferred.schedule(); });
    Watch watch(loop, pipe.read_end.get(), Watch::What::readable, busy);
    watch.start();
    run();
    CHECK(busy.calls == 1);
    CHECK(afterwards.calls == 1);
}

TEST_CASE_METHOD(GuardedLoop,
                 "work that defers itself for ever leaves descriptors and timers their turn")
{
    std::optional<Deferred> deferred;
    Hook again([&] { deferred->schedule(); });
    deferred.emplace(loop, again);
    deferred->schedule();

    Pipe pipe;
    pipe.put();
    Hook readable([&] {
        pipe.take();
        loop.stop();
    });
    Watch watch(loop, pipe.read_end.get(), Watch::What::readable, readable);
    watch.start();
    run();
    CHECK(readable.calls == 1);
    run_for(10ms); // its timer gets through as well
    CHECK(again.calls > 1);
}

TEST_CASE_METHOD(GuardedLoop, "what is deferred and dead does not run")
{
    Hook never([] {});
    {
        Deferred deferred(loop, never);
        deferred.schedule();
    }
    run_for(10ms);
    CHECK(never.calls == 0);
}

TEST_CASE_METHOD(GuardedLoop, "a signal comes through the loop while it is watched")
{
    struct sigaction before {};
    REQUIRE(::sigaction(SIGUSR1, nullptr, &before) == 0);
    {
        Hook seen([&] { loop.stop(); });
        const SignalWatch watch(loop, SIGUSR1, seen);
        REQUIRE(::raise(SIGUSR1) == 0);
        CHECK(seen.calls == 0); // not before the loop runs
        run();
        CHECK(seen.calls == 1);
        REQUIRE(::raise(SIGUSR1) == 0);
        run();
        CHECK(seen.calls == 2);
    }
    struct sigaction after {};
    REQUIRE(::sigaction(SIGUSR1, nullptr, &after) == 0);
    CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE_METHOD(GuardedLoop,
                 "a watched signal keeps its action, so that children need not reset it")
{
    Hook seen([] {});
    const SignalWatch watch(loop, SIGUSR1, seen);
    struct sigaction action {};
    REQUIRE(::sigaction(SIGUSR1, nullptr, &action) == 0);
    CHECK(action.sa_handler == SIG_DFL);
}

TEST_CASE_METHOD(GuardedLoop, "a signal that nobody has taken dies with its watch")
{
    {
        Hook never([] {});
        const SignalWatch watch(loop, SIGUSR1, never);
        REQUIRE(::raise(SIGUSR1) == 0);
    }
    sigset_t pending;
    sigset_t blocked;
    REQUIRE(::sigpending(&pending) == 0);
    REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &blocked) == 0);
    CHECK(::sigismember(&pending, SIGUSR1) == 0);
    CHECK(::sigismember(&blocked, SIGUSR1) == 0); // and we are alive: its action is to end us
}

TEST_CASE_METHOD(GuardedLoop, "each signal has its own watch")
{
    Hook hup([&] {});
    Hook child([&] { loop.stop(); });
    const SignalWatch hup_watch(loop, SIGHUP, hup);
    const SignalWatch child_watch(loop, SIGCHLD, child);
    REQUIRE(::raise(SIGCHLD) == 0);
    run();
    CHECK(hup.calls == 0);
    CHECK(child.calls == 1);
}

TEST_CASE("what the loop keeps dies with it")
{
    std::weak_ptr<int> kept;
    {
        EventLoop loop;
        auto object = std::make_shared<int>(7);
        kept = object;
        loop.keep_until_the_end(std::move(object));
        CHECK_FALSE(kept.expired());
    }
    CHECK(kept.expired());
}

} // namespace usherd::sys
