// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/retry_queue.h"

#include <algorithm>

namespace usherd::daemon {

RetryQueue::RetryQueue(sys::EventLoop& loop, Retry retry)
    : retry_(std::move(retry)), timer_(loop, sys::bind<&RetryQueue::on_due>(*this))
{
}

void RetryQueue::add(ServerStart start)
{
    waiting_.push_back({std::chrono::steady_clock::now() + interval, std::move(start)});
    arm();
}

std::size_t RetryQueue::drop(ServiceKey service) noexcept
{
    return waiting_.remove_if(
        [service](const Waiting& waiting) { return waiting.start.service == service; });
}

std::size_t RetryQueue::count(ServiceKey service) const noexcept
{
    return static_cast<std::size_t>(
        std::count_if(waiting_.begin(), waiting_.end(), [service](const Waiting& waiting) {
            return waiting.start.service == service;
        }));
}

void RetryQueue::on_due() noexcept
{
    const auto now = std::chrono::steady_clock::now();
    while (!waiting_.empty() && waiting_.front().due <= now) {
        ServerStart start = std::move(waiting_.front().start);
        waiting_.pop_front();
        retry_(std::move(start));
    }
    arm();
}

void RetryQueue::arm() noexcept
{
    if (waiting_.empty() || timer_.is_started())
        return;
    const auto left = waiting_.front().due - std::chrono::steady_clock::now();
    timer_.start(std::chrono::ceil<std::chrono::microseconds>(
        std::max(left, std::chrono::steady_clock::duration::zero())));
}

std::vector<const ServerStart*> RetryQueue::waiting() const
{
    std::vector<const ServerStart*> starts;
    starts.reserve(waiting_.size());
    for (const Waiting& waiting : waiting_)
        starts.push_back(&waiting.start);
    return starts;
}

} // namespace usherd::daemon
