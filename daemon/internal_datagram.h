// SPDX-License-Identifier: BSD-2-Clause
//
// The internal services over datagrams (UDP, UNIX), inside the daemon: a bounded batch a turn, each
// datagram decided before it is answered, answers leave from the address that was asked.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "access-control/ip_address.h"
#include "daemon/core/internal_content.h"
#include "daemon/core/reply_guard.h"
#include "daemon/datagram_socket.h"
#include "daemon/sys/event_loop.h"

namespace usherd::daemon {

class InternalDatagram;

enum class Admission : std::uint8_t { yes, no, later };

class DatagramGate {
public:
    virtual ~DatagramGate() = default;
    /// Decides about one datagram and logs START or FAIL. It may pause() the InternalDatagram (cps)
    /// but not destroy it.
    /// @return yes: serve it; no: it is dropped; later: `asker` keeps it (see there).
    [[nodiscard]] virtual Admission admit(InternalDatagram& asker,
                                          const ReceivedDatagram& datagram) noexcept = 0;
    /// A datagram that was dropped before admit() was asked, because an answer could go to
    /// somebody who never asked (core/reply_guard.h). Not for discard, which never answers.
    virtual void on_not_answered(const access::Peer& /*peer*/, core::ReplyVerdict /*why*/) noexcept
    {
    }
};

class InternalDatagram {
public:
    static constexpr std::size_t max_kept = 64;

    /// @param fd borrowed: a bound datagram socket, in whatever mode; it is made to tell to which
    /// address a datagram came. It outlives this object, as do `loop` and `gate`. Serves at once.
    InternalDatagram(sys::EventLoop& loop, int fd, core::InternalService kind, DatagramGate& gate);

    void pause() noexcept;
    void resume() noexcept;
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// For the gate: keeps a datagram that cannot be decided at once.
    /// @return what decide() will want, never twice the same; nothing: too many are kept.
    [[nodiscard]] std::optional<std::uint64_t> keep(const ReceivedDatagram& datagram);
    /// Serves or drops one that was kept. @return false: it is not here
    bool decide(std::uint64_t ticket, bool is_admitted) noexcept;

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
    std::deque<std::pair<std::uint64_t, ReceivedDatagram>> kept_;
    sys::Watch readable_;
};

} // namespace usherd::daemon
