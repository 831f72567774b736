// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/threaded_launcher.h"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "daemon/spawn_place.h"

namespace usherd::daemon {

namespace {

sys::UniqueFd checked(int fd, const char* call)
{
    if (fd < 0)
        throw std::system_error(errno, std::generic_category(), call);
    return sys::UniqueFd(fd);
}

/// Threads started in its lifetime block all signals.
class SignalsBlocked {
public:
    SignalsBlocked()
    {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_;
};

/// The two queues between the loop and the workers.
class Exchange {
public:
    Exchange() : reported_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

    /// Readable while there are reports.
    [[nodiscard]] int descriptor() const noexcept { return reported_.get(); }

    void put_request(LaunchRequest request)
    {
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(std::move(request));
        }
        wake_.notify_one();
    }

    /// Waits for one. @return nullopt: stop.
    std::optional<LaunchRequest> take_request()
    {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
        if (stopping_)
            return std::nullopt;
        std::optional<LaunchRequest> request(std::move(requests_.front()));
        requests_.pop_front();
        return request;
    }

    void put_report(LaunchReport report)
    {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = reports_.empty();
            reports_.push_back(std::move(report));
        }
        const std::uint64_t one = 1;
        if (first && ::write(reported_.get(), &one, sizeof one) < 0) {
            // Full only if unread 2^64 - 2 times: readable anyway.
        }
    }

    /// All there are, into `reports`, which is empty.
    void take_reports(std::vector<LaunchReport>& reports)
    {
        std::uint64_t count = 0;
        if (::read(reported_.get(), &count, sizeof count) < 0)
            return; // EAGAIN: another turn has taken them
        const std::lock_guard lock(mutex_);
        std::swap(reports, reports_);
    }

    void stop()
    {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
    }

private:
    sys::UniqueFd reported_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<LaunchRequest> requests_;
    std::vector<LaunchReport> reports_;
    bool stopping_ = false;
};

class ThreadedLauncher final : public Launcher {
public:
    ThreadedLauncher(sys::EventLoop& loop, unsigned workers, ReportReceiver& receiver);
    ~ThreadedLauncher() override;
    ThreadedLauncher(const ThreadedLauncher&) = delete;
    ThreadedLauncher& operator=(const ThreadedLauncher&) = delete;

    void submit(LaunchRequest request) noexcept override;
    [[nodiscard]] std::size_t pending() const noexcept override { return pending_; }
    void look() noexcept override { deliver(); }
    void on_exited(pid_t) noexcept override {} // its worker reports it without being asked

private:
    void start_threads();
    void work(SpawnPlace& place) noexcept;
    void deliver() noexcept;

    ReportReceiver& receiver_;
    std::size_t pending_ = 0;
    SpawnCommons commons_;
    bool inheritance_known_ = false;
    std::deque<SpawnPlace> places_; // one for each thread
    Exchange exchange_;
    std::vector<LaunchReport> batch_;
    sys::Watch reported_;
    std::vector<std::thread> threads_;
};

ThreadedLauncher::ThreadedLauncher(sys::EventLoop& loop, unsigned workers, ReportReceiver& receiver)
    : receiver_(receiver), reported_(loop, exchange_.descriptor(), sys::Watch::What::readable,
                                     sys::bind<&ThreadedLauncher::deliver>(*this))
{
    make_places(commons_, places_, workers, TellsCopy::no);
    start_threads();
    reported_.start();
}

ThreadedLauncher::~ThreadedLauncher()
{
    exchange_.stop();
    for (std::thread& thread : threads_)
        thread.join();
}

/// One is enough to go on with, where the system has no more.
void ThreadedLauncher::start_threads()
{
    const SignalsBlocked blocked;
    threads_.reserve(places_.size());
    for (SpawnPlace& place : places_) {
        try {
            threads_.emplace_back([this, &place] { work(place); });
        } catch (const std::system_error&) {
            if (threads_.empty())
                throw;
            return;
        }
        ::pthread_setname_np(threads_.back().native_handle(), "usherd-spawn");
    }
}

/// Sleeps until the child execs or fails.
LaunchReport launch(SpawnPlace& place, LaunchRequest request) noexcept
{
    LaunchReport report;
    report.ticket = request.ticket;
    report.started_at = std::chrono::steady_clock::now();
    ChildPlan plan;
    int error = place.prepare(request, plan);
    if (error == 0) {
        report.pid = start_child(plan, place.stack_top());
        error = errno;
    }
    place.clear(request);
    if (report.pid < 0) {
        report.failure = {core::SpawnStage::clone, error};
        report.request.emplace(std::move(request));
    } else {
        report.failure = plan.failure;
    }
    return report;
}

void ThreadedLauncher::work(SpawnPlace& place) noexcept
{
    while (auto request = exchange_.take_request()) {
        LaunchReport report = launch(place, std::move(*request));
        // Not in one expression with the above, at the end of which the connection is closed: who
        // reads the report may rely on that.
        exchange_.put_report(std::move(report));
    }
}

void ThreadedLauncher::submit(LaunchRequest request) noexcept
{
    // By now the daemon has set what its signals do; workers read this once they have a request.
    if (!std::exchange(inheritance_known_, true))
        commons_.inheritance = read_inheritance();
    ++pending_;
    exchange_.put_request(std::move(request));
}

void ThreadedLauncher::deliver() noexcept
{
    exchange_.take_reports(batch_);
    for (LaunchReport& report : batch_) {
        --pending_;
        receiver_.on_launched(std::move(report));
    }
    batch_.clear();
}

} // namespace

std::unique_ptr<Launcher> make_threaded_launcher(sys::EventLoop& loop, unsigned workers,
                                                 ReportReceiver& receiver)
{
    return std::make_unique<ThreadedLauncher>(loop, workers, receiver);
}

} // namespace usherd::daemon
