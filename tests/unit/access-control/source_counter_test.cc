// SPDX-License-Identifier: BSD-2-Clause
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "access-control/source_counter.h"
#include "tests/support/catch.h"
#include "tests/unit/access-control/access_helpers.h"

namespace usherd::access {

TEST_CASE("a slot counts its server in all and by its source while it lives")
{
    SourceCounter counter;
    {
        const Slot first = counter.take(ip("192.0.2.2"));
        const Slot second = counter.take(ip("192.0.2.2"));
        const Slot third = counter.take(ip("192.0.2.3"));
        CHECK(counter.running() == 3);
        CHECK(counter.running_from(ip("192.0.2.2")) == 2);
        CHECK(counter.running_from(ip("192.0.2.3")) == 1);
        CHECK(counter.running_from(ip("192.0.2.4")) == 0);
        CHECK(counter.sources() == 2);
    }
    CHECK(counter.running() == 0);
    CHECK(counter.running_from(ip("192.0.2.2")) == 0);
    CHECK(counter.sources() == 0);
}

TEST_CASE("a server without a source counts in the total only")
{
    SourceCounter counter;
    const Slot slot = counter.take(std::nullopt);
    CHECK(counter.running() == 1);
    CHECK(counter.sources() == 0);
}

TEST_CASE("a host is one source whether its address came mapped or not")
{
    SourceCounter counter;
    const Slot native_slot = counter.take(ip("192.0.2.2"));
    const Slot mapped_slot = counter.take(ip("::ffff:192.0.2.2"));
    CHECK(counter.running_from(ip("192.0.2.2")) == 2);
    CHECK(counter.sources() == 1);
}

TEST_CASE("a slot that moves is still one count")
{
    SourceCounter counter;
    std::vector<Slot> slots;
    for (int i = 0; i < 100; ++i)
        std::ignore = slots.emplace_back(counter.take(ip("192.0.2.2"))); // growing moves the others
    CHECK(counter.running() == 100);
    {
        const Slot taken = std::move(slots.front());
        CHECK(counter.running() == 100);
    }
    CHECK(counter.running() == 99);
    slots.clear();
    CHECK(counter.running() == 0);
    CHECK(counter.sources() == 0);
}

TEST_CASE("a slot may outlive its counter")
{
    auto counter = std::make_unique<SourceCounter>();
    auto slot = std::make_unique<Slot>(counter->take(ip("2001:db8::1")));
    counter.reset();
    slot.reset();
    SUCCEED("nothing to count in, nothing touched");
}

TEST_CASE("counters of two services do not know each other")
{
    SourceCounter one;
    SourceCounter other;
    const Slot slot = one.take(ip("192.0.2.2"));
    CHECK(one.running() == 1);
    CHECK(other.running() == 0);
    CHECK(other.running_from(ip("192.0.2.2")) == 0);
}

TEST_CASE("sources that are gone leave nothing behind")
{
    SourceCounter counter;
    for (unsigned i = 0; i < 10'000; ++i) {
        const Slot slot = counter.take(IpAddress::from_ipv4(
            {10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}));
        REQUIRE(counter.sources() == 1);
    }
    CHECK(counter.sources() == 0);
}

TEST_CASE("a slot that another one holds is given back with it, wherever that is moved")
{
    SourceCounter door, service;
    const IpAddress source = ip("192.0.2.1");
    std::optional<Slot> slot(service.take(source));
    slot->hold(std::make_unique<Slot>(door.take(source)));
    std::optional<Slot> moved(std::move(*slot));
    slot.reset();
    CHECK(door.running_from(source) == 1);
    CHECK(service.running() == 1);
    moved.reset();
    CHECK(door.running() == 0);
    CHECK(service.running() == 0);
}

} // namespace usherd::access
