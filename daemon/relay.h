// SPDX-License-Identifier: BSD-2-Clause
//
// `redirect`: relays between a client and a target, all in the one loop, bytes moved with
// splice(2). Each direction ends by itself: half a close is passed on as half a close, and what one
// side said before it went is still delivered to the other.
//
//   resolving --addresses--> connecting   (a host that is a name; the addresses are remembered)
//   connecting --connected--> relaying --both directions over, or an error--> over
//        \--no address answers, or connect_timeout--> over (client closed, no TRAFFIC)

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "access-control/ip_address.h"
#include "access-control/source_counter.h"
#include "config-parser/service_spec.h"
#include "daemon/sys/address_resolver.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/result.h"
#include "daemon/sys/splice_pipe.h"
#include "daemon/sys/unique_fd.h"

namespace usherd::daemon {

/// A relay as log and status know it.
struct RelayFacts {
    std::uint64_t owner = 0; ///< the ServiceKey, as a number
    std::shared_ptr<const config::ServiceSpec> spec;
    std::optional<access::Peer> peer;
    std::chrono::steady_clock::time_point started_at;
    bool connected = false;
    std::uint64_t bytes_in = 0;  ///< read from the client
    std::uint64_t bytes_out = 0; ///< read from the target
    int wait_status = 0;         ///< as a process would have it: 0, or SIGTERM where end() ended it
    /// Why the target could not be reached; of the last address tried.
    std::optional<sys::SysError> connect_error;
    std::optional<access::IpAddress> target; ///< the last address tried
    /// What it ended of, where neither side is to blame: the system had no memory or no descriptor.
    std::optional<sys::SysError> failure;
};

class RelayObserver {
public:
    virtual ~RelayObserver() = default;
    /// In the loop; both connections are closed, the slot has been given back.
    virtual void on_relay_end(const RelayFacts& relay) noexcept = 0;
};

/// Owns the relays. Destroyed, it closes them without a report.
class Relays {
public:
    static constexpr std::chrono::seconds connect_timeout{30};

    /// Both outlive it. @param names how the names of hosts are looked up
    Relays(sys::EventLoop& loop, RelayObserver& observer, sys::AddressResolverOptions names = {});
    ~Relays();
    Relays(const Relays&) = delete;
    Relays& operator=(const Relays&) = delete;

    /// @param targets tried one after the other; of a host that is a name, where the look-up finds
    /// none. @param client becomes non-blocking.
    void start(std::uint64_t owner, std::shared_ptr<const config::ServiceSpec> spec,
               sys::UniqueFd client, const std::optional<access::Peer>& peer, access::Slot slot,
               std::vector<access::IpAddress> targets) noexcept;

    /// Reads the hosts file and resolv.conf again: at a reload only.
    void reload_names();

    /// Ends the relays of a service as SIGTERM ends a server; reported from the loop.
    std::size_t end(std::uint64_t owner) noexcept;
    std::size_t end_all() noexcept;
    /// Those that are over and not reported yet count, too.
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t count(std::uint64_t owner) const noexcept;
    [[nodiscard]] std::vector<RelayFacts> list() const;
    /// Pipes that are kept for the next bytes; tests look at it.
    [[nodiscard]] std::size_t spare_pipes() const noexcept { return pipes_.kept(); }

private:
    class Relay;
    using List = std::list<std::unique_ptr<Relay>>;
    void reap() noexcept;
    [[nodiscard]] sys::AddressResolver& names();

    sys::EventLoop& loop_;
    RelayObserver& observer_;
    sys::AddressResolverOptions name_options_;
    std::unique_ptr<sys::AddressResolver> names_; ///< made for the first host that is a name
    sys::SplicePipePool pipes_;
    List relays_;
    List over_; ///< closed and reported by reap_: a relay may not die in its own callback
    // After the lists: it refers to them when it runs.
    sys::Deferred reap_;
};

} // namespace usherd::daemon
