// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/activity.h"

#include <algorithm>
#include <limits>
#include <sys/random.h>
#include <utility>

namespace usherd::daemon {

namespace {

using control::EventKind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

/// 600 KiB for both sketches together.
constexpr std::size_t sketch_capacity = 4096;
constexpr unsigned ipv4_block = 24;
constexpr unsigned ipv6_block = 64;

std::uint64_t secret() noexcept
{
    std::uint64_t value = 0;
    (void)!::getrandom(&value, sizeof value, GRND_NONBLOCK);
    return value;
}

template <typename Duration>
std::uint32_t whole_milliseconds(Duration duration) noexcept
{
    const auto count = std::chrono::duration_cast<milliseconds>(duration).count();
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::uint32_t whole_milliseconds(const timeval& time) noexcept
{
    return whole_milliseconds(std::chrono::seconds(time.tv_sec) +
                              std::chrono::microseconds(time.tv_usec));
}

core::EventRecord record_of(EventKind kind, Activity::Name service,
                            const std::optional<access::Peer>& peer) noexcept
{
    core::EventRecord record;
    record.kind = kind;
    record.service = std::move(service);
    record.peer = peer;
    return record;
}

} // namespace

Activity::Activity(sys::EventLoop& loop, std::size_t ring)
    : ring_(ring), addresses_(sketch_capacity, secret()), blocks_(sketch_capacity, secret()),
      ban_over_(loop, sys::bind<&Activity::on_ban_over>(*this))
{
}

void Activity::add(core::EventRecord record) noexcept
{
    record.at = std::chrono::floor<milliseconds>(system_clock::now());
    ring_.add(std::move(record));
    if (changed_)
        changed_();
}

void Activity::count_source(const std::optional<access::Peer>& peer, bool accepted) noexcept
{
    if (!peer)
        return;
    addresses_.add(peer->address, accepted);
    const bool is_ipv4 = peer->address.family() == access::Family::ipv4;
    blocks_.add(peer->address.masked(is_ipv4 ? ipv4_block : ipv6_block), accepted);
}

void Activity::accepted(const Name& service, const std::optional<access::Peer>& peer) noexcept
{
    count_source(peer, true);
    add(record_of(EventKind::accepted, service, peer));
}

void Activity::refused(const Name& service, const std::optional<access::Peer>& peer,
                       access::Reason reason) noexcept
{
    count_source(peer, false);
    auto record = record_of(EventKind::refused, service, peer);
    record.reason = reason;
    add(std::move(record));
}

void Activity::started(const Name& service, const std::optional<access::Peer>& peer,
                       int pid) noexcept
{
    auto record = record_of(EventKind::started, service, peer);
    record.pid = pid;
    add(std::move(record));
}

void Activity::exited(const Name& service, const std::optional<access::Peer>& peer,
                      const Exit& exit) noexcept
{
    auto record = record_of(EventKind::exited, service, peer);
    record.pid = exit.pid;
    record.wait_status = exit.wait_status;
    record.duration_ms = whole_milliseconds(exit.ran);
    if (exit.usage != nullptr) {
        record.user_ms = whole_milliseconds(exit.usage->ru_utime);
        record.system_ms = whole_milliseconds(exit.usage->ru_stime);
        record.max_rss_kb = static_cast<std::uint32_t>(std::max(exit.usage->ru_maxrss, 1L));
    }
    add(std::move(record));
}

void Activity::state(const Name& service, std::string state) noexcept
{
    auto record = record_of(EventKind::state, service, std::nullopt);
    record.text = std::make_shared<const std::string>(std::move(state));
    add(std::move(record));
}

void Activity::reloaded(const std::string& failure) noexcept
{
    auto record = record_of(EventKind::reload, nullptr, std::nullopt);
    if (!failure.empty())
        record.text = std::make_shared<const std::string>(failure);
    add(std::move(record));
}

bool Activity::is_banned(const std::optional<access::Peer>& peer) noexcept
{
    return bans_.size() > 0 && peer && bans_.hit(peer->address, steady_clock::now()) != nullptr;
}

bool Activity::would_be_banned(const access::Peer& peer) const noexcept
{
    return bans_.find(peer.address, steady_clock::now()) != nullptr;
}

void Activity::add_ban_event(EventKind kind, const core::BanList::Entry& entry)
{
    core::EventRecord record;
    record.kind = kind;
    record.peer = access::Peer{access::IpAddress::from_ipv6(entry.block.bytes)};
    record.block_bits = entry.block.length;
    if (entry.reason)
        record.text = std::make_shared<const std::string>(*entry.reason);
    add(std::move(record));
}

bool Activity::ban(const core::BanList::Entry& entry)
{
    if (!bans_.add(entry))
        return false;
    add_ban_event(EventKind::ban, entry);
    arm();
    tell_bans();
    return true;
}

std::optional<core::BanList::Entry> Activity::lift(const access::Prefix& block)
{
    auto entry = bans_.remove(block);
    if (entry) {
        add_ban_event(EventKind::unban, *entry);
        tell_bans();
    }
    return entry;
}

void Activity::on_ban_over() noexcept
{
    for (const auto& entry : bans_.expire(steady_clock::now()))
        add_ban_event(EventKind::unban, entry);
    arm();
    tell_bans();
}

void Activity::tell_bans() noexcept
{
    if (bans_changed_)
        bans_changed_();
}

void Activity::arm() noexcept
{
    if (const auto next = bans_.next_end())
        ban_over_.start(std::chrono::ceil<std::chrono::microseconds>(*next - steady_clock::now()));
}

} // namespace usherd::daemon
