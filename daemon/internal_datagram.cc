// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/internal_datagram.h"

#include <algorithm>
#include <chrono>
#include <ctime>

namespace usherd::daemon {

namespace {

/// A flood lets the other services in after so many.
constexpr int datagrams_per_turn = 16;

std::string daytime_now()
{
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    return core::daytime_text(local);
}

} // namespace

InternalDatagram::InternalDatagram(sys::EventLoop& loop, int fd, core::InternalService kind,
                                   DatagramGate& gate)
    : fd_(fd), kind_(kind), gate_(gate), guard_(bound_port(fd)),
      readable_(loop, fd, sys::Watch::What::readable,
                sys::bind<&InternalDatagram::on_readable>(*this))
{
    want_destination_addresses(fd);
    readable_.start();
}

void InternalDatagram::pause() noexcept
{
    readable_.stop();
}

void InternalDatagram::resume() noexcept
{
    readable_.start();
}

void InternalDatagram::on_readable() noexcept
{
    ReceivedDatagram datagram;
    // The gate may pause us in between.
    for (int i = 0; i < datagrams_per_turn && readable_.is_started(); ++i) {
        switch (receive(fd_, datagram)) {
        case Received::datagram:
            serve(datagram);
            break;
        case Received::error:
            break;
        case Received::nothing:
            return;
        }
    }
}

void InternalDatagram::serve(const ReceivedDatagram& datagram) noexcept
{
    const bool answers = kind_ != core::InternalService::discard;
    if (answers && datagram.peer && !may_answer(*datagram.peer))
        return;
    if (gate_.admit(*this, datagram) == Admission::yes && answers)
        answer(datagram);
}

std::optional<std::uint64_t> InternalDatagram::keep(const ReceivedDatagram& datagram)
{
    static std::uint64_t last_ticket = 0; // of all sockets: one may get the number of another
    if (kept_.size() >= max_kept)
        return std::nullopt;
    kept_.emplace_back(++last_ticket, datagram);
    return last_ticket;
}

bool InternalDatagram::decide(std::uint64_t ticket, bool is_admitted) noexcept
{
    const auto found = std::find_if(kept_.begin(), kept_.end(),
                                    [ticket](const auto& kept) { return kept.first == ticket; });
    if (found == kept_.end())
        return false;
    if (is_admitted && kind_ != core::InternalService::discard)
        answer(found->second);
    kept_.erase(found);
    return true;
}

/// Before the gate: what a forged source asks for counts neither against `cps` nor fills the log.
bool InternalDatagram::may_answer(const access::Peer& peer) noexcept
{
    const auto verdict = guard_.check(peer, std::chrono::steady_clock::now());
    if (verdict == core::ReplyVerdict::answer)
        return true;
    gate_.on_not_answered(peer, verdict);
    return false;
}

void InternalDatagram::answer(const ReceivedDatagram& datagram) noexcept
{
    switch (kind_) {
    case core::InternalService::echo:
        return send_answer(fd_, datagram, datagram.content());
    case core::InternalService::chargen:
        return send_answer(fd_, datagram, chargen_.next());
    case core::InternalService::daytime:
        return send_answer(fd_, datagram, daytime_now());
    case core::InternalService::time:
        return send_answer(fd_, datagram, core::time_bytes(std::time(nullptr)));
    case core::InternalService::discard:
    case core::InternalService::tcpmux: // a stream service
        return;
    }
}

} // namespace usherd::daemon
