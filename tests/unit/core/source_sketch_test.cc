// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "daemon/core/source_sketch.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

access::IpAddress source(std::uint32_t number)
{
    return access::IpAddress::from_ipv4(
        {static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
         static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
}

} // namespace

TEST_CASE("a sketch with room for all counts exactly")
{
    SourceSketch sketch(4, 1);
    for (std::uint32_t i = 1; i <= 3; ++i)
        for (std::uint32_t n = 0; n < i; ++n)
            sketch.add(source(i), n % 2 == 0);
    const auto top = sketch.top(10);
    REQUIRE(top.size() == 3);
    CHECK(top[0].source == source(3));
    CHECK(top[0].count == 3);
    CHECK(top[0].error == 0);
    CHECK(top[0].accepted == 2);
    CHECK(top[0].refused == 1);
    CHECK(sketch.total() == 6);
}

TEST_CASE("the twenty most frequent of a million sources are the first twenty of a megabyte")
{
    constexpr std::uint32_t sources = 1'000'000;
    constexpr int arrivals = 2'000'000;
    std::vector<double> sums;
    double sum = 0;
    for (std::uint32_t i = 1; i <= sources; ++i)
        sums.push_back(sum += 1.0 / i);
    std::mt19937 engine(7);
    std::uniform_real_distribution<double> any(0, sum);
    SourceSketch addresses(4096, 42);
    SourceSketch blocks(4096, 43);
    std::vector<std::uint32_t> truth(sources);
    for (int i = 0; i < arrivals; ++i) {
        const auto rank = static_cast<std::uint32_t>(
            std::lower_bound(sums.begin(), sums.end(), any(engine)) - sums.begin());
        const std::uint32_t who = std::min(rank, sources - 1);
        ++truth[who];
        addresses.add(source(who * 2'654'435'761U), true);
    }
    CHECK(addresses.memory() + blocks.memory() < std::size_t{1024} * 1024);
    std::vector<std::uint32_t> order(sources);
    for (std::uint32_t i = 0; i < sources; ++i)
        order[i] = i;
    std::partial_sort(order.begin(), order.begin() + 20, order.end(),
                      [&](auto left, auto right) { return truth[left] > truth[right]; });
    std::set<access::IpAddress> told;
    for (const SketchEntry& entry : addresses.top(20))
        told.insert(entry.source);
    for (std::size_t i = 0; i < 20; ++i)
        CHECK(told.contains(source(order[i] * 2'654'435'761U)));
}

TEST_CASE("a true count lies between the count less its error and the count")
{
    SourceSketch sketch(16, 3);
    std::mt19937 engine(11);
    std::map<access::IpAddress, std::uint64_t> truth;
    for (int i = 0; i < 20'000; ++i) {
        const auto who = source(static_cast<std::uint32_t>(
            std::abs(static_cast<int>(std::normal_distribution<double>(0, 30)(engine)))));
        ++truth[who];
        sketch.add(who, i % 3 == 0);
    }
    std::uint64_t in_all = 0;
    for (const SketchEntry& entry : sketch.top(16)) {
        CHECK(truth[entry.source] <= entry.count);
        CHECK(truth[entry.source] >= entry.count - entry.error);
        CHECK(entry.accepted + entry.refused == entry.count - entry.error);
        in_all += entry.count;
    }
    CHECK(in_all == sketch.total());
}

} // namespace usherd::core
