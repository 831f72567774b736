// SPDX-License-Identifier: BSD-2-Clause
//
// What happens in the daemon, for whoever asks later: the ring of events, who comes most, and who
// is banned. Services report; the status socket reads. Costs a client an entry in each, and no
// allocation.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <sys/resource.h>

#include "access-control/decision.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/event_ring.h"
#include "daemon/core/source_sketch.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class Activity {
public:
    using Name = core::EventRecord::Text;

    /// @param ring how many events are kept.
    Activity(sys::EventLoop& loop, std::size_t ring);

    /// `changed` is called with every event; it has to be quick.
    void on_event(std::function<void()> changed) { changed_ = std::move(changed); }

    /// `changed` is called whenever a ban has come or gone.
    void on_bans(std::function<void()> changed) { bans_changed_ = std::move(changed); }

    void accepted(const Name& service, const std::optional<access::Peer>& peer) noexcept;
    void refused(const Name& service, const std::optional<access::Peer>& peer,
                 access::Reason reason) noexcept;
    void started(const Name& service, const std::optional<access::Peer>& peer, int pid) noexcept;
    struct Exit {
        int pid = 0;
        int wait_status = 0;
        std::chrono::steady_clock::duration ran{};
        const rusage* usage = nullptr; ///< null: it was no process
    };
    void exited(const Name& service, const std::optional<access::Peer>& peer,
                const Exit& exit) noexcept;
    void state(const Name& service, std::string state) noexcept;
    /// @param failure empty: the configuration was applied.
    void reloaded(const std::string& failure) noexcept;

    /// The ban that `address` falls under, counted as a hit.
    [[nodiscard]] bool is_banned(const std::optional<access::Peer>& peer) noexcept;
    /// The same without counting.
    [[nodiscard]] bool would_be_banned(const access::Peer& peer) const noexcept;
    /// @return false if there are too many.
    [[nodiscard]] bool ban(const core::BanList::Entry& entry);
    [[nodiscard]] std::optional<core::BanList::Entry> lift(const access::Prefix& block);

    [[nodiscard]] const core::EventRing& ring() const noexcept { return ring_; }
    [[nodiscard]] const core::SourceSketch& addresses() const noexcept { return addresses_; }
    [[nodiscard]] const core::SourceSketch& blocks() const noexcept { return blocks_; }
    [[nodiscard]] const core::BanList& bans() const noexcept { return bans_; }

private:
    void add(core::EventRecord record) noexcept;
    void add_ban_event(control::EventKind kind, const core::BanList::Entry& entry);
    void count_source(const std::optional<access::Peer>& peer, bool accepted) noexcept;
    void on_ban_over() noexcept;
    void tell_bans() noexcept;
    void arm() noexcept;

    core::EventRing ring_;
    core::SourceSketch addresses_;
    core::SourceSketch blocks_;
    core::BanList bans_;
    std::function<void()> changed_;
    std::function<void()> bans_changed_;
    sys::Timer ban_over_;
};

} // namespace usherd::daemon
