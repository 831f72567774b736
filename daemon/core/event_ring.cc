// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/event_ring.h"

#include <sys/wait.h>
#include <utility>

#include "access-control/rule_text.h"

namespace usherd::core {

namespace {

using control::EventKind;

std::string source_text(const EventRecord& record)
{
    if (record.kind != EventKind::ban && record.kind != EventKind::unban)
        return access::log_text(*record.peer);
    const auto family = record.peer->address.family();
    return access::to_string(
        access::make_prefix(family, record.peer->address.bytes(), record.block_bits));
}

void add_exit(control::Event& event, const EventRecord& record)
{
    if (WIFSIGNALED(record.wait_status))
        event.signal = WTERMSIG(record.wait_status);
    else
        event.status = WEXITSTATUS(record.wait_status);
    event.duration_ms = record.duration_ms;
    if (record.max_rss_kb == 0)
        return;
    event.user_ms = record.user_ms;
    event.system_ms = record.system_ms;
    event.max_rss_kb = record.max_rss_kb;
}

/// `out_of_service: why`
void add_state(control::Event& event, const std::string& text)
{
    constexpr std::string_view separator = ": ";
    const std::size_t end = text.find(separator);
    event.state = text.substr(0, end);
    if (end != std::string::npos)
        event.reason = text.substr(end + separator.size());
}

} // namespace

EventRing::EventRing(std::size_t capacity) : capacity_(capacity)
{
    records_.reserve(capacity); // pages that are not used are not there
}

void EventRing::add(EventRecord record)
{
    if (records_.size() < capacity_)
        records_.push_back(std::move(record));
    else if (capacity_ > 0)
        records_[next_ % capacity_] = std::move(record);
    ++next_;
}

const EventRecord& EventRing::at(std::uint64_t seq) const noexcept
{
    return records_[seq % capacity_];
}

bool EventFilter::lets_pass(const EventRecord& record) const noexcept
{
    if (after && record.at < *after)
        return false;
    if (service && (record.service == nullptr || *record.service != *service))
        return false;
    if (reason && (record.kind != EventKind::refused || access::name(record.reason) != *reason))
        return false;
    return !from || (record.peer && holds(*from, record.peer->address));
}

control::Event to_event(const EventRecord& record, std::uint64_t seq)
{
    control::Event event;
    event.seq = seq;
    event.at = record.at;
    event.kind = record.kind;
    if (record.service != nullptr)
        event.service = *record.service;
    if (record.peer)
        event.from = source_text(record);
    if (record.peer && record.peer->port != 0)
        event.port = record.peer->port;
    if (record.pid != 0)
        event.pid = record.pid;
    if (record.kind == EventKind::refused)
        event.reason = access::name(record.reason);
    else if (record.kind == EventKind::state && record.text != nullptr)
        add_state(event, *record.text);
    else if (record.text != nullptr)
        event.reason = *record.text;
    if (record.kind == EventKind::exited)
        add_exit(event, record);
    return event;
}

bool holds(const access::Prefix& block, const access::IpAddress& address) noexcept
{
    const bool is_ipv4 = block.family == access::Family::ipv4;
    if (is_ipv4 != (address.family() == access::Family::ipv4))
        return false;
    const unsigned length = block.length + (is_ipv4 ? 96U : 0U);
    return access::keep_bits(address.bytes(), length) == block.bytes;
}

} // namespace usherd::core
