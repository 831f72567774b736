// SPDX-License-Identifier: BSD-2-Clause
//
// Asks access-control about an arrival: gathers the facts, takes the slot, and where a rule needs
// the client's name parks the connection until the resolver answers or its deadline passes.
// Decides nothing itself.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "access-control/decision.h"
#include "access-control/source_counter.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/resolver.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

class Sensors;
class Service;

/// A connection on its way in. Without a socket: something waits on a lent one.
struct Arrival {
    sys::UniqueFd socket;
    std::optional<access::Peer> peer;
    sys::SocketAddress local; ///< what the listener is bound to
    int lent = -1;            ///< the socket of a wait service, instead of `socket`
};

class Gatekeeper {
public:
    /// All outlive it.
    Gatekeeper(sys::EventLoop& loop, sys::HostNameResolver& resolver, Sensors& sensors);
    ~Gatekeeper();
    Gatekeeper(const Gatekeeper&) = delete;
    Gatekeeper& operator=(const Gatekeeper&) = delete;

    /// Calls service.on_admitted() or service.on_refused(), now or, if a name has to be looked up,
    /// later.
    /// @param running_total servers of all services. @param process_limit 0: none.
    void judge(Service& service, Arrival arrival, std::uint32_t running_total,
               std::uint32_t process_limit);

    /// The same decision for a datagram that is answered inside the daemon: no slot is taken. If it
    /// depends on the sender's name, the look-up is started and the datagram refused as `address`
    /// unless the name is already known: clients of UDP ask again.
    [[nodiscard]] access::Decision judge_datagram(Service& service,
                                                  const std::optional<access::Peer>& peer,
                                                  std::uint32_t running_total,
                                                  std::uint32_t process_limit);

    /// Drops what is parked for a service that goes away.
    void forget(const Service& service) noexcept;
    [[nodiscard]] std::size_t parked_for(const Service& service) const noexcept;
    [[nodiscard]] std::size_t parked() const noexcept { return parked_.size(); }

private:
    struct Parked;

    /// Whether the service is a sensor, or the client has touched one.
    [[nodiscard]] bool is_denied(const Service& service,
                                 const std::optional<access::Peer>& peer) noexcept;
    void park(Service& service, Arrival arrival, access::Slot slot);
    void on_name(Parked& parked, std::string_view name) noexcept;
    void prefetch(const access::Peer& peer);
    void on_prefetched(std::string_view name) noexcept;
    static void decide_address(Service& service, Arrival arrival, access::Slot slot,
                               std::string_view name);
    void clear_finished() noexcept;

    sys::HostNameResolver& resolver_;
    Sensors& sensors_;
    std::vector<sys::HostNameLookup> prefetches_; ///< for datagrams; bounded
    std::list<Parked> parked_;
    std::list<Parked> finished_; ///< their look-up handles may not die in their own callback
    sys::Deferred clear_;
};

} // namespace usherd::daemon
