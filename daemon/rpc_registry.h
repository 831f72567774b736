// SPDX-License-Identifier: BSD-2-Clause
//
// Which programs of ours rpcbind knows. Says what is wanted; a thread of its own asks rpcbind,
// which may take its time, and the answer comes back through the loop. One question for each
// service is on its way at a time; what is wanted meanwhile is asked for afterwards.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "daemon/blocking_worker.h"
#include "daemon/rpcbind.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class RpcObserver {
public:
    virtual ~RpcObserver() = default;
    /// In the loop: what was wanted last has been asked for. @param owner as given to want()
    virtual void on_rpc_answer(std::uint64_t owner, const RpcOutcome& outcome) noexcept = 0;
};

class RpcRegistry {
public:
    using Update = std::function<RpcOutcome(const std::vector<RpcMapping>& old,
                                            const std::vector<RpcMapping>& wanted)>;

    /// @param observer outlives it. @param update runs in the thread; tests give theirs.
    RpcRegistry(sys::EventLoop& loop, RpcObserver& observer, Update update = update_rpcbind);
    ~RpcRegistry() = default;
    RpcRegistry(const RpcRegistry&) = delete;
    RpcRegistry& operator=(const RpcRegistry&) = delete;

    /// Registers what is in `wanted`, also what is known to rpcbind already (it may have been
    /// restarted), and withdraws whatever else the owner has.
    void want(std::uint64_t owner, std::vector<RpcMapping> wanted);
    /// Withdraws all that the owner has; no answer is given.
    void forget(std::uint64_t owner) { want(owner, {}); }
    void forget_all();

    /// Questions that are not answered yet.
    [[nodiscard]] std::size_t pending() const noexcept { return asking_; }
    /// Called once, in the loop, when nothing is pending any more; at once if nothing is.
    void when_idle(std::function<void()> idle);

private:
    struct Entry {
        std::vector<RpcMapping> wanted;
        std::vector<RpcMapping> registered;
        bool is_asking = false;
        bool is_dirty = false; ///< something else is wanted than what is being asked for
    };

    void ask(std::uint64_t owner, Entry& entry);
    void on_answer(std::uint64_t owner, const RpcOutcome& outcome);

    RpcObserver& observer_;
    Update update_;
    std::unordered_map<std::uint64_t, Entry> entries_;
    std::size_t asking_ = 0;
    std::function<void()> idle_;
    BlockingWorker worker_; // last: its continuations use the rest
};

} // namespace usherd::daemon
