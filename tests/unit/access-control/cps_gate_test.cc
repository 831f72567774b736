// SPDX-License-Identifier: BSD-2-Clause
#include <optional>
#include <random>

#include "access-control/cps_gate.h"
#include "tests/support/catch.h"

namespace usherd::access {

namespace {

using namespace std::chrono_literals;

constexpr CpsGate::Second start = 1'700'000'000;

int admitted_at(CpsGate& gate, const CpsLimit& limit, CpsGate::Second now, int arrivals)
{
    int admitted = 0;
    for (int i = 0; i < arrivals; ++i)
        admitted += gate.admit(limit, now) ? 1 : 0;
    return admitted;
}

/// The algorithm as the reference writes it down, line by line.
struct Reference {
    long long n = 0;
    long long t0 = 0;

    bool admit(long long rate, long long now)
    {
        if (rate == 0)
            return true;
        long long d = now - t0;
        if (n == 0) { // NOLINT(bugprone-branch-clone): line by line
            n = 1;
            t0 = now;
        } else if (d < rate) {
            n = n + 1;
            if (d == 0)
                d = 1;
            if (n / d > rate)
                return false;
        } else {
            n = 1;
            t0 = now;
        }
        return true;
    }
};

} // namespace

TEST_CASE("cps = 3 2 serves three quick connections and trips at the fourth")
{
    CpsGate gate;
    CHECK(admitted_at(gate, {3, 2s}, start, 3) == 3);
    CHECK_FALSE(gate.admit({3, 2s}, start));
}

TEST_CASE("a service that comes back after its hold-off starts afresh")
{
    CpsGate gate;
    const CpsLimit limit{3, 2s};
    CHECK(admitted_at(gate, limit, start, 4) == 3);
    CHECK_FALSE(gate.would_admit(limit, start + 1)); // still the window of the trip
    gate.reset();
    CHECK(admitted_at(gate, limit, start + 2, 4) == 3);
}

TEST_CASE("cps = 5 1: the first two seconds share one allowance")
{
    CpsGate gate;
    CHECK(admitted_at(gate, {5, 1s}, start, 5) == 5);
    CHECK_FALSE(gate.admit({5, 1s}, start + 1));
}

TEST_CASE("cps = 1 trips at the second connection within a second")
{
    CpsGate gate;
    CHECK(gate.admit({1, 1s}, start));
    CHECK_FALSE(gate.admit({1, 1s}, start));
    CpsGate other;
    CHECK(other.admit({1, 1s}, start));
    CHECK(other.admit({1, 1s}, start + 1)); // the window is one second long
}

TEST_CASE("cps = 0 never trips and counts nothing")
{
    CpsGate gate;
    CHECK(admitted_at(gate, {0, 3s}, start, 100'000) == 100'000);
    CHECK(gate.admit({1, 3s}, start));
}

TEST_CASE("after d seconds the connection with number (rate + 1) times d trips")
{
    const CpsLimit limit{10, 1s};
    for (CpsGate::Second d = 2; d < 10; ++d) {
        CpsGate gate;
        REQUIRE(gate.admit(limit, start));
        const int expected = static_cast<int>((limit.rate + 1) * d) - 2; // without the first
        CHECK(admitted_at(gate, limit, start + d, expected) == expected);
        CHECK_FALSE(gate.admit(limit, start + d));
    }
}

TEST_CASE("the window is as many seconds as the rate")
{
    const CpsLimit limit{4, 1s};
    CpsGate gate;
    CHECK(admitted_at(gate, limit, start, 4) == 4);
    CpsGate same = gate;
    // In second 3 the count goes on: 4 + 11 = 15 is (4 + 1) * 3.
    CHECK(admitted_at(same, limit, start + 3, 20) == 10);
    // In second 4 a new window opens.
    CHECK(admitted_at(gate, limit, start + 4, 20) == 4);
}

TEST_CASE("a clock set back trips nothing until it has caught up")
{
    const CpsLimit limit{3, 1s};
    CpsGate gate;
    CHECK(admitted_at(gate, limit, start, 3) == 3);
    CHECK(admitted_at(gate, limit, start - 3600, 50) == 50);
    CHECK(admitted_at(gate, limit, start - 1, 50) == 50);
    CHECK_FALSE(gate.admit(limit, start));
}

TEST_CASE("the first arrival is admitted whatever the clock says")
{
    CpsGate gate;
    CHECK(gate.admit({1, 1s}, 0));
    CpsGate before_epoch;
    CHECK(before_epoch.admit({1, 1s}, -100));
    CHECK_FALSE(before_epoch.admit({1, 1s}, -100));
}

TEST_CASE("asking whether an arrival would be admitted counts nothing")
{
    const CpsLimit limit{2, 1s};
    CpsGate gate;
    for (int i = 0; i < 10; ++i)
        CHECK(gate.would_admit(limit, start));
    CHECK(admitted_at(gate, limit, start, 2) == 2);
    for (int i = 0; i < 10; ++i)
        CHECK_FALSE(gate.would_admit(limit, start));
    CHECK(gate.would_admit(limit, start + 2));
    CHECK_FALSE(gate.admit(limit, start + 1));
}

TEST_CASE("the highest rate is a number like any other")
{
    const CpsLimit limit{0xffff'ffffU, 1s};
    CpsGate gate;
    CHECK(admitted_at(gate, limit, start, 1000) == 1000);
    CHECK(gate.admit(limit, start + 0xffff'ffffLL));
}

TEST_CASE("the gate agrees with the reference on random arrivals")
{
    std::mt19937 random(20240917);
    for (int run = 0; run < 300; ++run) {
        const CpsLimit limit{static_cast<std::uint32_t>(random() % 8), 1s};
        CpsGate gate;
        Reference reference;
        CpsGate::Second now = start;
        for (int arrival = 0; arrival < 300; ++arrival) {
            if (random() % 4 == 0)
                now += static_cast<CpsGate::Second>(random() % 4) - (random() % 8 == 0 ? 5 : 0);
            const bool predicted = gate.would_admit(limit, now);
            const bool expected = reference.admit(limit.rate, now);
            REQUIRE(gate.admit(limit, now) == expected);
            REQUIRE(predicted == expected);
        }
    }
}

} // namespace usherd::access
