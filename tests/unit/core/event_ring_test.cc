// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/rule_text.h"
#include "daemon/core/event_ring.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using control::EventKind;

const EventRecord::Text ftp = std::make_shared<const std::string>("ftp");

EventRecord refusal(std::string_view from, access::Reason reason)
{
    EventRecord record;
    record.kind = EventKind::refused;
    record.service = ftp;
    record.peer = access::Peer{*access::IpAddress::parse(from), access::Arrival::native, 4711};
    record.reason = reason;
    return record;
}

} // namespace

TEST_CASE("a ring keeps the last events and their numbers")
{
    EventRing ring(3);
    CHECK(ring.first() == ring.next());
    for (int pid = 0; pid < 5; ++pid) {
        EventRecord record;
        record.pid = pid;
        ring.add(record);
    }
    CHECK(ring.first() == 2);
    CHECK(ring.next() == 5);
    for (std::uint64_t seq = ring.first(); seq < ring.next(); ++seq)
        CHECK(ring.at(seq).pid == static_cast<int>(seq));
}

TEST_CASE("a ring of no size counts events all the same")
{
    EventRing ring(0);
    ring.add({});
    ring.add({});
    CHECK(ring.first() == 2);
    CHECK(ring.next() == 2);
}

TEST_CASE("a refusal tells service, client and the reason's word")
{
    for (int i = 1; i < access::reason_count; ++i) {
        const auto reason = static_cast<access::Reason>(i);
        const auto event = to_event(refusal("192.0.2.7", reason), 7);
        CHECK(event.seq == 7);
        CHECK(event.service == "ftp");
        CHECK(event.from == "192.0.2.7");
        CHECK(event.port == 4711);
        CHECK(event.reason == access::name(reason));
    }
}

TEST_CASE("an exit tells status or signal, and what a process has used")
{
    EventRecord record;
    record.kind = EventKind::exited;
    record.pid = 812;
    record.wait_status = 9;
    record.duration_ms = 5;
    CHECK(to_event(record, 0).signal == 9);
    CHECK_FALSE(to_event(record, 0).status);
    CHECK_FALSE(to_event(record, 0).max_rss_kb);
    record.wait_status = 3 << 8;
    record.max_rss_kb = 100;
    CHECK(to_event(record, 0).status == 3);
    CHECK(to_event(record, 0).max_rss_kb == 100U);
    CHECK(to_event(record, 0).duration_ms == 5U);
}

TEST_CASE("a change of state tells the state and why")
{
    EventRecord record;
    record.kind = EventKind::state;
    record.text = std::make_shared<const std::string>("out_of_service: bind: in use");
    CHECK(to_event(record, 0).state == "out_of_service");
    CHECK(to_event(record, 0).reason == "bind: in use");
}

TEST_CASE("a ban tells its block")
{
    EventRecord record;
    record.kind = EventKind::ban;
    record.peer = access::Peer{*access::IpAddress::parse("192.0.2.0")};
    record.block_bits = 24;
    CHECK(to_event(record, 0).from == "192.0.2.0/24");
    CHECK_FALSE(to_event(record, 0).port);
}

TEST_CASE("a filter lets pass what has all that it asks for")
{
    auto record = refusal("192.0.2.7", access::Reason::rate);
    record.at = control::Time(std::chrono::milliseconds(1000));
    CHECK(EventFilter{}.lets_pass(record));
    CHECK(EventFilter{"ftp", "rate", access::parse_prefix("192.0.2.0/24"), record.at}.lets_pass(
        record));
    CHECK_FALSE(EventFilter{"tftp", {}, {}, {}}.lets_pass(record));
    CHECK_FALSE(EventFilter{{}, "load", {}, {}}.lets_pass(record));
    CHECK_FALSE(EventFilter{{}, {}, access::parse_prefix("192.0.3.0/24"), {}}.lets_pass(record));
    CHECK_FALSE(
        EventFilter{{}, {}, {}, record.at + std::chrono::milliseconds(1)}.lets_pass(record));
    CHECK_FALSE(EventFilter{{}, {}, access::parse_prefix("::/0"), {}}.lets_pass(record));
    CHECK_FALSE(EventFilter{"ftp", {}, {}, {}}.lets_pass(EventRecord{}));
}

} // namespace usherd::core
