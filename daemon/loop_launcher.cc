// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/loop_launcher.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <sched.h>
#include <unistd.h>
#include <utility>

namespace usherd::daemon {

namespace {

// How soon somebody looks whether children have executed that do not exit at once: after half the
// time since the last was made once more. Not sooner than the clock of most kernels ticks (4 ms): a
// loop that sleeps for less has its processor's own clock set at each turn, and that takes longer
// than a system call (tests/bench/README.md).
constexpr std::chrono::milliseconds soonest_look{12};
constexpr std::chrono::milliseconds latest_look{100};
// Where a start waits for room.
constexpr std::chrono::milliseconds next_try{1};
constexpr std::chrono::seconds longest_farewell{1};

// By trial with 32 clients at a time (tests/bench/README.md). The next batch begins when a
// processor is about to have nothing to do.
constexpr std::size_t young_for_each_processor = 6;

} // namespace

LoopLauncher::LoopLauncher(sys::EventLoop& loop, unsigned places, ReportReceiver& receiver)
    : receiver_(receiver),
      pace_(young_for_each_processor * processors_.count(), processors_.count() + 1),
      room_(std::make_unique<Room>()),
      end_of_turn_(loop, sys::bind<&LoopLauncher::at_end_of_turn>(*this)),
      linger_(loop, sys::bind<&LoopLauncher::linger>(*this)),
      look_again_(loop, sys::bind<&LoopLauncher::look>(*this))
{
    make_places(room_->commons, room_->places, places, TellsCopy::yes);
    for (SpawnPlace& place : room_->places) {
        room_->starts.push_back(std::make_unique<Start>());
        room_->starts.back()->place = &place;
    }
    if (!room_->commons.copied)
        return;
    copied_ =
        std::make_unique<sys::Watch>(loop, room_->commons.copied.get(), sys::Watch::What::readable,
                                     sys::bind<&LoopLauncher::on_copied>(*this));
    copied_->start();
}

LoopLauncher::~LoopLauncher()
{
    const auto deadline = std::chrono::steady_clock::now() + longest_farewell;
    for (const auto& start : room_->starts) {
        if (start->pid >= 0 && !wait_until_left(start->plan, deadline)) {
            // It still reads what it was given, and runs on a stack of ours.
            (void)room_.release();
            return;
        }
    }
}

void LoopLauncher::submit(LaunchRequest request) noexcept
{
    // By now the daemon has set what its signals do.
    if (!std::exchange(inheritance_known_, true))
        room_->commons.inheritance = read_inheritance();
    ++pending_;
    lingering_.stop();
    // Nobody overtakes those that wait already.
    Start* const free = waiting_.empty() ? find_free() : nullptr;
    if (free == nullptr)
        waiting_.push_back(std::move(request));
    else
        begin(*free, std::move(request));
    end_of_turn_.schedule();
}

/// The lowest that is free: its child has the least to copy.
LoopLauncher::Start* LoopLauncher::find_free() noexcept
{
    if (on_their_way_ == room_->starts.size())
        collect();
    if (is_crowded())
        return nullptr;
    const auto found = std::find_if(room_->starts.begin(), room_->starts.end(),
                                    [](const auto& start) { return start->pid < 0; });
    return found == room_->starts.end() ? nullptr : found->get();
}

/// Asks the kernel last: it is the dearest.
bool LoopLauncher::is_crowded() noexcept
{
    return pace_.is_enough(std::chrono::steady_clock::now()) && processors_.are_busy();
}

void LoopLauncher::begin(Start& start, LaunchRequest request) noexcept
{
    start.request = std::move(request);
    start.started_at = last_begun_ = std::chrono::steady_clock::now();
    int error = start.place->prepare(start.request, start.plan);
    if (error == 0) {
        start.pid = start_child_beside(start.plan, start.place->stack_top());
        error = errno;
    }
    if (start.pid >= 0) {
        pace_.began(start.pid, start.started_at);
        ++on_their_way_;
        start.holds_descriptors = true;
        if (has_own_table(start.plan))
            let_go_of_descriptors(start);
        return;
    }
    start.place->clear(start.request);
    LaunchReport& report = reports_.emplace_back();
    report.ticket = start.request.ticket;
    report.failure = {core::SpawnStage::clone, error};
    report.started_at = start.started_at;
    report.request.emplace(std::move(start.request));
}

void LoopLauncher::let_go_of_descriptors(Start& start) noexcept
{
    start.place->clear(start.request);
    start.request.connection.reset();
    start.request.stderr_fd.reset();
    start.holds_descriptors = false;
}

/// Its child no longer uses the daemon's memory.
void LoopLauncher::finish(Start& start) noexcept
{
    if (start.holds_descriptors)
        let_go_of_descriptors(start);
    LaunchReport& report = reports_.emplace_back();
    report.ticket = start.request.ticket;
    report.pid = std::exchange(start.pid, -1);
    report.failure = start.plan.failure;
    report.started_at = start.started_at;
    start.request.plan = {};
    --on_their_way_;
}

/// Most often there is one, in the first place: the others, which are cold, are not touched then.
/// @param action may finish the start
template <typename Action>
void LoopLauncher::for_each_on_its_way(Action action) noexcept
{
    std::size_t left = on_their_way_;
    for (auto start = room_->starts.begin(); left > 0; ++start) {
        if ((*start)->pid < 0)
            continue;
        --left;
        action(**start);
    }
}

void LoopLauncher::collect() noexcept
{
    for_each_on_its_way([this](Start& start) {
        if (has_left(start.plan))
            finish(start);
        else if (start.holds_descriptors && has_own_table(start.plan))
            let_go_of_descriptors(start);
    });
}

/// At the end of each look: after the last one of a turn the loop may sleep.
void LoopLauncher::ask_to_be_told() noexcept
{
    for_each_on_its_way([this](Start& start) {
        if (start.holds_descriptors && has_own_table_or_tells(start.plan))
            let_go_of_descriptors(start);
    });
}

void LoopLauncher::begin_waiting() noexcept
{
    while (!waiting_.empty()) {
        Start* const free = find_free();
        if (free == nullptr)
            return; // the timer looks again
        LaunchRequest request = std::move(waiting_.front());
        waiting_.pop_front();
        begin(*free, std::move(request));
    }
}

void LoopLauncher::deliver() noexcept
{
    // Who receives them may submit.
    std::swap(batch_, reports_);
    for (LaunchReport& report : batch_) {
        --pending_;
        receiver_.on_launched(std::move(report));
    }
    batch_.clear();
}

/// Children that are made one after the other while the loop goes on are not run in that order:
/// some clients would wait long. So the loop is behind them once, which does not make it wait.
void LoopLauncher::at_end_of_turn() noexcept
{
    bool some_have_not_run = false;
    for_each_on_its_way([&](Start& start) {
        some_have_not_run |= start.holds_descriptors && !has_own_table(start.plan);
    });
    if (some_have_not_run)
        ::sched_yield();
    look();
}

void LoopLauncher::on_copied() noexcept
{
    std::uint64_t count = 0;
    if (::read(room_->commons.copied.get(), &count, sizeof count) < 0)
        return; // EAGAIN: another turn has taken it
    look();
}

void LoopLauncher::look() noexcept
{
    collect();
    begin_waiting();
    deliver();
    ask_to_be_told();
    look_again_in_time();
}

void LoopLauncher::look_again_in_time() noexcept
{
    if (on_their_way_ == 0 && waiting_.empty())
        return; // once more for nothing is cheaper than to stop the timer each time
    if (!waiting_.empty() && on_their_way_ < room_->starts.size())
        return look_again_.start(next_try); // they wait for processors
    const auto age = std::chrono::floor<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - last_begun_);
    const auto wait = std::clamp(age / 2, waiting_.empty() ? soonest_look : next_try, latest_look);
    look_again_.start_within(wait / 2, wait);
}

void LoopLauncher::on_exited(pid_t pid) noexcept
{
    pace_.exited(pid);
    for_each_on_its_way([=, this](Start& start) {
        if (start.pid == pid)
            finish(start); // even if it was killed in a way that leaves the word as it was
    });
    look();
    linger_if_alone();
}

/// On a single processor the client could not come meanwhile.
void LoopLauncher::linger_if_alone() noexcept
{
    if (pending_ > 0 || !pace_.has_no_young() || processors_.count() < 2)
        return;
    lingering_.alone(last_begun_, std::chrono::steady_clock::now());
    linger();
}

/// What is deferred again and again keeps the loop from sleeping, and from nothing else. Without
/// giving way it is slower: two processors are often one core.
void LoopLauncher::linger() noexcept
{
    if (!lingering_.goes_on(std::chrono::steady_clock::now()))
        return;
    ::sched_yield();
    linger_.schedule();
}

} // namespace usherd::daemon
