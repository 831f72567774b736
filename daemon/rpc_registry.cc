// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/rpc_registry.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usherd::daemon {

namespace {

std::vector<RpcMapping> difference(const std::vector<RpcMapping>& all,
                                   const std::vector<RpcMapping>& without)
{
    std::vector<RpcMapping> rest;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rest), [&](const RpcMapping& mapping) {
        return std::find(without.begin(), without.end(), mapping) == without.end();
    });
    return rest;
}

} // namespace

RpcRegistry::RpcRegistry(sys::EventLoop& loop, RpcObserver& observer, Update update)
    : observer_(observer), update_(std::move(update)), worker_(loop)
{
}

void RpcRegistry::want(std::uint64_t owner, std::vector<RpcMapping> wanted)
{
    const auto known = entries_.find(owner);
    if (wanted.empty() && known == entries_.end())
        return;
    if (wanted.empty() && known->second.registered.empty() && !known->second.is_asking) {
        entries_.erase(known);
        return;
    }
    Entry& entry = entries_[owner];
    entry.wanted = std::move(wanted);
    if (entry.is_asking)
        entry.is_dirty = true;
    else
        ask(owner, entry);
}

void RpcRegistry::forget_all()
{
    std::vector<std::uint64_t> owners;
    for (const auto& [owner, entry] : entries_)
        owners.push_back(owner);
    for (const std::uint64_t owner : owners)
        forget(owner);
}

void RpcRegistry::ask(std::uint64_t owner, Entry& entry)
{
    entry.is_asking = true;
    entry.is_dirty = false;
    ++asking_;
    worker_.submit([this, owner, update = update_, old = difference(entry.registered, entry.wanted),
                    wanted = entry.wanted]() -> BlockingWorker::Continuation {
        return [this, owner, outcome = update(old, wanted)] { on_answer(owner, outcome); };
    });
}

void RpcRegistry::on_answer(std::uint64_t owner, const RpcOutcome& outcome)
{
    --asking_;
    Entry& entry = entries_.at(owner);
    entry.is_asking = false;
    entry.registered = outcome.registered;
    if (entry.is_dirty)
        ask(owner, entry);
    else if (entry.wanted.empty())
        entries_.erase(owner);
    else
        observer_.on_rpc_answer(owner, outcome); // may want or forget
    if (asking_ == 0 && idle_)
        std::exchange(idle_, nullptr)();
}

void RpcRegistry::when_idle(std::function<void()> idle)
{
    if (asking_ == 0)
        return idle();
    idle_ = std::move(idle);
}

} // namespace usherd::daemon
