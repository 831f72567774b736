// SPDX-License-Identifier: BSD-2-Clause
//
// Asks access-control about an arrival: gathers the facts, takes the slot, and where a rule needs
// the client's name parks the connection until the resolver answers or its deadline passes.
// Decides nothing itself.

#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include "access-control/decision.h"
#include "access-control/source_counter.h"
#include "config-parser/rare.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/resolver.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

class Sensors;
class Service;
class Wrappers;

/// A datagram that an InternalDatagram keeps.
struct KeptDatagram {
    int fd = -1;
    std::uint64_t ticket = 0;
};

/// What options of tcp_wrappers' rules have changed for the server.
struct ProcessChanges {
    std::uint32_t umask = 022;
    int nice_by = 0; ///< beside the service's own
};

/// A connection on its way in. Without a socket: something waits on a lent one.
struct Arrival {
    sys::UniqueFd socket;
    std::optional<access::Peer> peer;
    sys::SocketAddress local;         ///< what the listener is bound to
    int lent = -1;                    ///< the socket of a wait service, instead of `socket`
    std::optional<KeptDatagram> kept; ///< instead of a socket: for an internal service
    sys::SocketAddress sender;        ///< of a datagram
    std::optional<ProcessChanges> changes;
    bool by_tcpmux = false;                ///< the service was asked for by name, on tcpmux's port
    std::unique_ptr<access::Slot> through; ///< that of tcpmux, until the service's own holds it
    std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
    bool wants_user = false; ///< refused, and the log wants to know whom
    config::RareText user;   ///< as his ident server says
};

class Gatekeeper {
public:
    /// All outlive it.
    Gatekeeper(sys::EventLoop& loop, sys::HostNameResolver& resolver, Sensors& sensors,
               Wrappers& wrappers);
    ~Gatekeeper();
    Gatekeeper(const Gatekeeper&) = delete;
    Gatekeeper& operator=(const Gatekeeper&) = delete;

    /// Calls service.on_admitted() or service.on_refused(), now or, if a name has to be looked up
    /// or tcp_wrappers have to be asked, later.
    /// @param running_total servers of all services. @param process_limit 0: none.
    void judge(Service& service, Arrival arrival, std::uint32_t running_total,
               std::uint32_t process_limit);

    /// Once more for a client that has a slot and waits for a process. Its arrival is not counted
    /// again; address lists that take its name, and tcp_wrappers, have been asked.
    [[nodiscard]] access::Reason judge_again(const Service& service,
                                             const std::optional<access::Peer>& peer,
                                             std::uint32_t running_total,
                                             std::uint32_t process_limit);

    /// The same decision for a datagram that is answered inside the daemon: no slot is taken.
    /// @return nothing: it takes a name or tcp_wrappers, see judge_kept().
    [[nodiscard]] std::optional<access::Decision>
    judge_datagram(Service& service, const std::optional<access::Peer>& peer,
                   std::uint32_t running_total, std::uint32_t process_limit);
    /// Goes on with what judge_datagram() left open; calls service.on_datagram_judged() or
    /// service.on_taken_over(), now or later.
    void judge_kept(Service& service, Arrival arrival);

    /// Tells the service what has been decided in the end. @param slot none for a kept datagram
    static void admit(Service& service, Arrival arrival, std::optional<access::Slot> slot);
    static void refuse(Service& service, Arrival arrival, std::optional<access::Slot> slot,
                       const access::Decision& decision);

    /// What judge() would ask about a client now; counts nothing. Bans are not among it.
    [[nodiscard]] access::Facts facts_about(const Service& service, const access::Peer& peer,
                                            std::uint32_t running_total,
                                            std::uint32_t process_limit) const;

    /// Drops what is parked for a service that goes away.
    void forget(const Service& service) noexcept;
    /// Slots that are held for it here.
    [[nodiscard]] std::size_t parked_for(const Service& service) const noexcept;
    [[nodiscard]] std::size_t parked() const noexcept { return parked_.size(); }

private:
    struct Parked;

    /// Whether the service is a sensor, or the client has touched one.
    [[nodiscard]] bool is_denied(const Service& service,
                                 const std::optional<access::Peer>& peer) noexcept;
    // Without a slot: a datagram that is kept.
    using MaybeSlot = std::optional<access::Slot>;
    void park(Service& service, Arrival arrival, MaybeSlot slot);
    void on_name(Parked& parked, std::string_view name) noexcept;
    void decide_address(Service& service, Arrival arrival, MaybeSlot slot, std::string_view name);
    /// What is left to ask: tcp_wrappers.
    void ask_wrappers(Service& service, Arrival arrival, MaybeSlot slot);
    void clear_finished() noexcept;

    sys::HostNameResolver& resolver_;
    Sensors& sensors_;
    Wrappers& wrappers_;
    std::list<Parked> parked_;
    std::list<Parked> finished_; ///< their look-up handles may not die in their own callback
    sys::Deferred clear_;
};

} // namespace usherd::daemon
