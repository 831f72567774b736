// SPDX-License-Identifier: BSD-2-Clause
//
// Percentiles by nearest rank.

#include "tests/bench/percentiles.h"
#include "tests/support/catch.h"

namespace usherd::bench {
namespace {

using namespace std::chrono_literals;

Samples one_to(int count)
{
    Samples samples;
    for (int i = count; i > 0; --i)
        samples.add(Duration{i});
    return samples;
}

TEST_CASE("a percentile of no samples is absent")
{
    Samples none;
    CHECK_FALSE(none.percentile(50));
    CHECK_FALSE(none.mean());
}

TEST_CASE("every percentile of one sample is that sample")
{
    Samples one;
    one.add(7us);
    CHECK(one.percentile(0.1) == 7us);
    CHECK(one.percentile(50) == 7us);
    CHECK(one.percentile(100) == 7us);
}

TEST_CASE("a percentile is the smallest sample that so many do not exceed")
{
    Samples ten = one_to(10);
    CHECK(ten.percentile(50) == 5ns);
    CHECK(ten.percentile(51) == 6ns);
    CHECK(ten.percentile(90) == 9ns);
    CHECK(ten.percentile(90.1) == 10ns);
    CHECK(ten.percentile(100) == 10ns);
}

TEST_CASE("p99.9 of a thousand is the 999th, of a thousand and one the 1000th")
{
    CHECK(nearest_rank(99.9, 1000) == 999);
    CHECK(nearest_rank(99.9, 1001) == 1000);
    CHECK(one_to(1000).percentile(99.9) == 999ns);
}

TEST_CASE("a rank is neither below one nor above the number of samples")
{
    CHECK(nearest_rank(0.001, 10) == 1);
    CHECK(nearest_rank(100, 10) == 10);
}

TEST_CASE("samples added after a percentile was taken count in the next one")
{
    Samples samples = one_to(3);
    CHECK(samples.percentile(100) == 3ns);
    samples.add(9ns);
    samples.add(1ns);
    CHECK(samples.percentile(100) == 9ns);
    CHECK(samples.percentile(40) == 1ns);
    CHECK(samples.size() == 5);
}

TEST_CASE("the mean is the sum over the number of samples")
{
    CHECK(one_to(9).mean() == 5ns);
}

} // namespace
} // namespace usherd::bench
