// SPDX-License-Identifier: BSD-2-Clause
//
// banner, banner_success, banner_fail: sends a file to a client without ever waiting for him. What
// the socket does not take at once is sent as there is room, until a deadline passes; only then
// does the connection go on, so that the order of banners and data holds.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "config-parser/service_spec.h"
#include "daemon/gatekeeper.h"
#include "daemon/provoked_log.h"

namespace usherd::daemon {

enum class BannerStage : std::uint8_t { greeting, success, failure };

/// A service whose clients get banners.
class BannerOwner {
public:
    virtual ~BannerOwner() = default;
    /// The banner is out, or there is none to send; the connection goes on. @param slot as given
    virtual void on_banner_sent(BannerStage stage, Arrival arrival,
                                std::optional<access::Slot> slot) noexcept = 0;
    /// The client did not take it; the connection is closed, its slot given back.
    virtual void on_banner_given_up() noexcept = 0;
};

class BannerSender {
public:
    static constexpr std::size_t max_bytes = std::size_t{64} * 1024; ///< of a file; no more is sent
    static constexpr std::size_t max_pending = 256; ///< connections; others are closed

    /// Both outlive it. @param patience how long a client may take
    BannerSender(sys::EventLoop& loop, ProvokedLog& log,
                 std::chrono::milliseconds patience = std::chrono::seconds(10));
    ~BannerSender();
    BannerSender(const BannerSender&) = delete;
    BannerSender& operator=(const BannerSender&) = delete;

    /// Reports to `owner` now or later. A file that cannot be read is logged and passed over.
    void send(BannerOwner& owner, const config::ServiceSpec& spec, BannerStage stage,
              Arrival arrival, std::optional<access::Slot> slot) noexcept;
    /// Drops the connections of an owner that goes away.
    void forget(const BannerOwner& owner) noexcept;
    /// How many slots of the owner clients hold who have not taken their banner yet.
    [[nodiscard]] std::size_t slots_of(const BannerOwner& owner) const noexcept;
    [[nodiscard]] std::size_t pending() const noexcept { return pending_.size(); }

private:
    class Pending;
    void finish(Pending& pending, bool is_sent) noexcept;
    void clear_finished() noexcept;

    sys::EventLoop& loop_;
    ProvokedLog& log_;
    std::chrono::milliseconds patience_;
    std::list<Pending> pending_;
    std::list<Pending> finished_; ///< may not die in their own callback
    sys::Deferred clear_;
};

} // namespace usherd::daemon
