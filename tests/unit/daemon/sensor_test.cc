// SPDX-License-Identifier: BSD-2-Clause
//
// Touched sensors with a real loop: whom they deny, and that nothing is kept beyond its time.

#include "daemon/sensor.h"
#include "tests/support/catch.h"
#include "tests/support/recording_log.h"
#include "tests/support/run_loop.h"

namespace usherd::daemon {

TEST_CASE("a touched sensor denies the peer, without deny_time it does not")
{
    sys::EventLoop loop;
    tests::RecordingLog log;
    ProvokedLog provoked_log(loop, log);
    Sensors sensors(loop, log, provoked_log, std::chrono::milliseconds(1));
    config::ServiceSpec spec;
    spec.id = "trap";
    const access::Peer peer{*access::IpAddress::parse("192.0.2.7"), access::Arrival::mapped, 1};
    const access::Peer native{peer.address, access::Arrival::native, 2};

    SECTION("unset") {}
    SECTION("NEVER")
    {
        spec.settings->deny_time = config::deny_never;
    }
    if (!spec.settings->deny_time || *spec.settings->deny_time == config::deny_never) {
        sensors.on_touched(spec, peer);
        CHECK_FALSE(sensors.denies(peer));
    }
    spec.settings->deny_time = config::deny_forever;
    sensors.on_touched(spec, peer);
    CHECK(sensors.denies(peer));
    CHECK(sensors.denies(native));
    tests::run_turn(loop);
    CHECK(sensors.denied().size() == 1);
    CHECK(sensors.forgive(peer.address));
    CHECK_FALSE(sensors.denies(peer));
}

TEST_CASE("a ban that is over is taken out by the next look")
{
    sys::EventLoop loop;
    tests::RecordingLog log;
    ProvokedLog provoked_log(loop, log);
    Sensors sensors(loop, log, provoked_log, std::chrono::milliseconds(1));
    config::ServiceSpec spec;
    spec.id = "trap";
    spec.settings->deny_time = -5; // no configuration has this: an end that has passed
    const access::Peer peer{*access::IpAddress::parse("192.0.2.7"), access::Arrival::native, 1};
    sensors.on_touched(spec, peer);
    CHECK(tests::run_until(loop, [&] { return sensors.denied().size() == 0; }));
    CHECK_FALSE(sensors.denies(peer));
}

} // namespace usherd::daemon
