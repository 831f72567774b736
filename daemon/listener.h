// SPDX-License-Identifier: BSD-2-Clause
//
// One socket of a service: watched, and read in bounded batches. An AcceptingListener accepts
// connections; a LendingListener only says that something has arrived, for services whose server
// gets the socket itself (wait = yes). What to do is the owner's decision; this file knows no rule.

#pragma once

#include <cstdint>
#include <memory>

#include "config-parser/service_spec.h"
#include "daemon/core/accept_pace.h"
#include "daemon/endpoint_socket.h"
#include "daemon/sys/event_loop.h"
#include "daemon/sys/socket.h"
#include "daemon/sys/stored_address.h"

namespace usherd::daemon {

class ListenerOwner {
public:
    virtual ~ListenerOwner() = default;
    /// Asked before each accept. False: leave it in the backlog; the owner has paused the listener
    /// and will resume it.
    [[nodiscard]] virtual bool wants_connection() noexcept = 0;
    /// @param local the address the listener is bound to.
    virtual void on_connection(sys::UniqueFd socket, const sys::SocketAddress& peer,
                               const sys::SocketAddress& local) noexcept = 0;
    /// Something waits on a socket that is lent to servers.
    virtual void on_lendable(int socket) noexcept = 0;
    /// accept() failed for want of descriptors or memory; the listener has paused itself and goes
    /// on by itself a second later.
    /// @return true if a descriptor has been freed, so that one client can be taken at once
    [[nodiscard]] virtual bool on_out_of_descriptors(const sys::SysError& error) noexcept = 0;
    /// The socket itself is broken; the listener is paused for good.
    virtual void on_broken(const sys::SysError& error) noexcept = 0;
};

/// Owns the socket and its watch. May be closed from within its own callback (the object stays).
class Listener {
public:
    enum class Mode : std::uint8_t { accept, lend };

    /// @param owner outlives the listener. @param endpoint one of the owner's spec: see refer_to()
    Listener(sys::EventLoop& loop, OpenedSocket socket, const config::Endpoint& endpoint, Mode mode,
             ListenerOwner& owner);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void pause() noexcept;
    void resume() noexcept;
    /// Stops watching, then closes the socket and removes the file of a UNIX socket.
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] sys::SocketAddress bound() const noexcept { return bound_.get(); }
    [[nodiscard]] const config::Endpoint& endpoint() const noexcept { return *endpoint_; }
    /// The owner has another spec, with an equal endpoint. To be called before the old one goes.
    void refer_to(const config::Endpoint& endpoint) noexcept { endpoint_ = &endpoint; }
    /// A socket from the supervisor outlives the service's own closing.
    [[nodiscard]] bool is_passed_in() const noexcept { return passed_in_; }

private:
    void on_readable() noexcept;
    void accept_batch() noexcept;
    void accept_from_reserve() noexcept;
    void on_accept_error(const sys::SysError& error) noexcept;
    void on_back_off_over() noexcept;

    // Ten thousand idle services have one each.
    ListenerOwner& owner_;
    const config::Endpoint* endpoint_; ///< in the owner's spec
    sys::StoredAddress bound_;
    sys::UniqueFd fd_;
    Mode mode_;
    bool passed_in_;
    bool paused_ = true; ///< by the owner, as opposed to the back-off
    core::AcceptPace pace_;
    // After fd_: members die in reverse order, and epoll must forget the descriptor while the
    // number is still ours.
    sys::Watch readable_;
    std::unique_ptr<sys::Timer> back_off_; ///< made when first needed
};

} // namespace usherd::daemon
