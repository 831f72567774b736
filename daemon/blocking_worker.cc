// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/blocking_worker.h"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace usherd::daemon {

namespace {

constexpr std::chrono::seconds retry_interval{1};

} // namespace

BlockingWorker::BlockingWorker(sys::EventLoop& loop, Delayed delayed)
    : done_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      done_watch_(loop, done_event_.get(), sys::Watch::What::readable,
                  sys::bind<&BlockingWorker::on_done>(*this)),
      delayed_(std::move(delayed)), again_(loop, sys::bind<&BlockingWorker::start_thread>(*this))
{
    done_watch_.start();
}

BlockingWorker::~BlockingWorker()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable())
        thread_.join();
}

void BlockingWorker::start_thread() noexcept
{
    // Signals belong to the loop's thread.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([this] { work(); });
        is_delayed_ = false;
    } catch (const std::exception& error) {
        if (!std::exchange(is_delayed_, true) && delayed_)
            delayed_(error.what());
        again_.start(retry_interval);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void BlockingWorker::start() noexcept
{
    if (!thread_.joinable() && !is_delayed_)
        start_thread();
}

void BlockingWorker::submit(Job job)
{
    start();
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
}

void BlockingWorker::work() noexcept
{
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_)
            return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        Continuation continuation = job();
        lock.lock();
        done_.push_back(std::move(continuation));
        const std::uint64_t one = 1;
        // It cannot fail: the counter is far from its maximum.
        (void)!::write(done_event_.get(), &one, sizeof one);
    }
}

void BlockingWorker::on_done() noexcept
{
    std::uint64_t count = 0;
    (void)!::read(done_event_.get(), &count, sizeof count);
    std::vector<Continuation> ready;
    {
        const std::lock_guard lock(mutex_);
        ready.swap(done_);
    }
    for (const Continuation& continuation : ready)
        continuation();
}

} // namespace usherd::daemon
