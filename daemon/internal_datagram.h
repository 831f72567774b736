// SPDX-License-Identifier: BSD-2-Clause
//
// The internal services over datagrams (UDP, UNIX), inside the daemon: a bounded batch a turn, each
// datagram decided before it is answered, answers leave from the address that was asked.

#pragma once

#include <optional>

#include "access-control/ip_address.h"
#include "daemon/core/internal_content.h"
#include "daemon/core/reply_guard.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

struct ReceivedDatagram;

class DatagramGate {
public:
    virtual ~DatagramGate() = default;
    /// Decides about one datagram and logs START or FAIL. It may pause() the InternalDatagram (cps)
    /// but not destroy it. @param peer absent over UNIX sockets
    /// @return true: serve it; false: it is dropped.
    [[nodiscard]] virtual bool admit(const std::optional<access::Peer>& peer) noexcept = 0;
    /// A datagram that was dropped before admit() was asked, because an answer could go to
    /// somebody who never asked (core/reply_guard.h). Not for discard, which never answers.
    virtual void on_not_answered(const access::Peer& /*peer*/, core::ReplyVerdict /*why*/) noexcept
    {
    }
};

class InternalDatagram {
public:
    /// @param fd borrowed: a bound datagram socket, in whatever mode; it is made to tell to which
    /// address a datagram came. It outlives this object, as do `loop` and `gate`. Serves at once.
    InternalDatagram(sys::EventLoop& loop, int fd, core::InternalService kind, DatagramGate& gate);

    void pause() noexcept;
    void resume() noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    void on_readable() noexcept;
    void serve(const ReceivedDatagram& datagram) noexcept;
    [[nodiscard]] bool may_answer(const access::Peer& peer) noexcept;
    void answer(const ReceivedDatagram& datagram) noexcept;

    int fd_;
    core::InternalService kind_;
    DatagramGate& gate_;
    core::ReplyGuard guard_;
    core::ChargenDatagrams chargen_;
    sys::Watch readable_;
};

} // namespace usherd::daemon
