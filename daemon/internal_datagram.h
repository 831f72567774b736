// SPDX-License-Identifier: BSD-2-Clause
//
// The internal services over datagrams (UDP, UNIX), inside the daemon: a bounded batch a turn, each
// datagram decided before it is answered, answers leave from the address that was asked.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "access-control/ip_address.h"
#include "daemon/core/internal_content.h"
#include "daemon/core/reply_guard.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

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
    /// @param fd borrowed: a bound datagram socket; becomes non-blocking and tells destination
    /// addresses. It outlives this object, as do `loop` and `gate`. Starts to serve at once.
    InternalDatagram(sys::EventLoop& loop, int fd, core::InternalService kind, DatagramGate& gate);
    ~InternalDatagram();
    InternalDatagram(const InternalDatagram&) = delete;
    InternalDatagram& operator=(const InternalDatagram&) = delete;

    void pause() noexcept;
    void resume() noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    struct Datagram;

    void on_readable() noexcept;
    [[nodiscard]] bool receive(Datagram& datagram) noexcept;
    void serve(Datagram& datagram) noexcept;
    void answer(Datagram& datagram) noexcept;
    void send(const Datagram& datagram, const void* data, std::size_t size) noexcept;

    int fd_;
    core::InternalService kind_;
    DatagramGate& gate_;
    core::ReplyGuard guard_;
    core::ChargenDatagrams chargen_;
    sys::Watch readable_;
};

} // namespace usherd::daemon
