// SPDX-License-Identifier: BSD-2-Clause
//
// The load generator against servers of known behaviour: what it counts is what they did.

#include <nlohmann/json.hpp>

#include "tests/bench/load_engine.h"
#include "tests/support/catch.h"
#include "tests/unit/bench/test_server.h"

namespace usherd::bench {
namespace {

using namespace std::chrono_literals;

LoadOptions options_for(std::uint16_t port, std::uint64_t connections, unsigned concurrency)
{
    LoadOptions options;
    options.port = port;
    options.connections = connections;
    options.concurrency = concurrency;
    return options;
}

Treatment always_answer(std::uint64_t)
{
    return Treatment::answer;
}

/// `other` for each tenth connection.
TestServer::Script each_tenth(Treatment other)
{
    return [other](std::uint64_t number) { return number % 10 == 9 ? other : Treatment::answer; };
}

TEST_CASE("every connection that a server answers is done, with its bytes and its time")
{
    TestServer server(always_answer);
    auto options = options_for(server.port(), 500, 8);
    options.expected_bytes = 3;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 500);
    CHECK(result.errors() == 0);
    CHECK(result.bytes == 1500);
    CHECK(result.times.size() == 500);
    CHECK(server.accepted() == 500);
    CHECK(result.per_second() > 0);
}

TEST_CASE("connections that the server resets are counted as reset")
{
    TestServer server(each_tenth(Treatment::reset));
    const LoadResult result = run_load(options_for(server.port(), 300, 16));
    CHECK(server.accepted() == 300);
    CHECK(result.count(Outcome::done) == 270);
    CHECK(result.count(Outcome::reset) == 30);
    CHECK(result.offered() == 300);
    CHECK(result.times.size() == 270);
}

TEST_CASE("connections that bring another number of bytes are counted as wrong_size")
{
    TestServer server(each_tenth(Treatment::one_byte));
    auto options = options_for(server.port(), 100, 4);
    options.expected_bytes = 3;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 90);
    CHECK(result.count(Outcome::wrong_size) == 10);
    CHECK(result.bytes == 280);
}

TEST_CASE("connections that the server holds are counted as timeout, and the rest goes on")
{
    TestServer server(each_tenth(Treatment::hold));
    auto options = options_for(server.port(), 60, 4);
    options.timeout = 150ms;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 54);
    CHECK(result.count(Outcome::timeout) == 6);
    CHECK(server.accepted() == 60);
}

TEST_CASE("connections to a port on which nobody listens are counted as refused")
{
    const LoadResult result = run_load(options_for(unused_port(), 50, 4));
    CHECK(result.count(Outcome::refused) == 50);
    CHECK(result.offered() == 50);
}

TEST_CASE("with --refusal, closing and resetting without a byte is done, an answer is not")
{
    TestServer server([](std::uint64_t number) {
        return std::array{Treatment::close, Treatment::reset, Treatment::answer}[number % 3];
    });
    auto options = options_for(server.port(), 90, 4);
    options.refusal = true;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 60);
    CHECK(result.count(Outcome::wrong_size) == 30);
}

TEST_CASE("the request arrives whole and its end is seen")
{
    TestServer server([](std::uint64_t) { return Treatment::echo_count; });
    auto options = options_for(server.port(), 40, 4);
    options.request = std::string(3000, 'r');
    options.half_close = true;
    options.expected_bytes = 3000;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 40);
    CHECK(result.bytes == 120'000);
}

TEST_CASE("exactly as many connections as asked for are open at a time")
{
    TestServer server([](std::uint64_t) { return Treatment::gather; }, 8);
    auto options = options_for(server.port(), 32, 8);
    options.timeout = 5s;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 32);
    CHECK(server.most_gathered() == 8);
}

TEST_CASE("connections come from as many sources as asked for")
{
    TestServer server(always_answer);
    auto options = options_for(server.port(), 600, 8);
    options.sources = 300;
    const LoadResult result = run_load(options);
    server.stop();
    CHECK(result.count(Outcome::done) == 600);
    CHECK(server.distinct_sources() == 300);
}

TEST_CASE("the warm-up is served and not counted")
{
    TestServer server(always_answer);
    auto options = options_for(server.port(), 30, 4);
    options.warm_up = 20;
    const LoadResult result = run_load(options);
    CHECK(result.offered() == 30);
    CHECK(result.times.size() == 30);
    CHECK(server.accepted() == 50);
}

TEST_CASE("threads share the connections, and their counts add up")
{
    TestServer server(each_tenth(Treatment::reset));
    auto options = options_for(server.port(), 101, 7);
    options.threads = 3;
    options.warm_up = 9;
    const LoadResult result = run_load(options);
    CHECK(result.offered() == 101);
    CHECK(result.count(Outcome::reset) == 11);
    CHECK(result.times.size() == 90);
    CHECK(server.accepted() == 110);
}

TEST_CASE("threads together open exactly as many connections at a time")
{
    TestServer server([](std::uint64_t) { return Treatment::gather; }, 6);
    auto options = options_for(server.port(), 18, 6);
    options.threads = 3;
    options.timeout = 5s;
    CHECK(run_load(options).count(Outcome::done) == 18);
    CHECK(server.most_gathered() == 6);
}

TEST_CASE("a load without a number of connections ends with its time")
{
    TestServer server(always_answer);
    auto options = options_for(server.port(), 0, 2);
    options.time_limit = 100ms;
    const LoadResult result = run_load(options);
    CHECK(result.elapsed >= 100ms);
    CHECK(result.errors() == 0);
    CHECK(result.count(Outcome::done) == server.accepted());
}

TEST_CASE("a datagram is done when its reply is there and a timeout when it is not")
{
    const bool keep_sockets = GENERATE(false, true);
    UdpEcho server([](std::uint64_t number) { return number % 10 == 9; });
    auto options = options_for(server.port(), 100, 4);
    options.udp = true;
    options.keep_sockets = keep_sockets;
    options.request = "hello";
    options.expected_bytes = 5;
    options.timeout = 200ms;
    const LoadResult result = run_load(options);
    CHECK(result.count(Outcome::done) == 90);
    CHECK(result.count(Outcome::timeout) == 10);
    CHECK(result.bytes == 450);
    CHECK(server.received() == 100);
}

TEST_CASE("an address that is none is an error of its own, not a crash")
{
    auto options = options_for(7, 10, 1);
    options.address = "localhost";
    CHECK(run_load(options).count(Outcome::other) == 1);
}

TEST_CASE("the JSON says what was counted")
{
    LoadResult result;
    result.counts = {4, 1, 2, 3, 0, 0};
    result.bytes = 12;
    result.elapsed = 2s;
    for (const auto time : {1us, 2us, 3us, 4us})
        result.times.add(time);
    const auto json = nlohmann::json::parse(to_json(result));
    CHECK(json["offered"] == 10);
    CHECK(json["done"] == 4);
    CHECK(json["errors"]["refused"] == 1);
    CHECK(json["errors"]["reset"] == 2);
    CHECK(json["errors"]["timeout"] == 3);
    CHECK(json["bytes"] == 12);
    CHECK(json["per_second"] == 2.0);
    CHECK(json["microseconds"]["p50"] == 2.0);
    CHECK(json["microseconds"]["p99.9"] == 4.0);
    CHECK(json["microseconds"]["mean"] == 2.5);
}

TEST_CASE("where it is asked for, the JSON holds the time of each connection that is done")
{
    LoadResult result;
    for (const auto time : {30us, 10us, 20us})
        result.times.add(time);
    const auto json = nlohmann::json::parse(to_json(result, true));
    CHECK(json["each"] == nlohmann::json::parse("[10.0, 20.0, 30.0]"));
    CHECK(json["microseconds"]["p50"] == 20.0);
}

TEST_CASE("the JSON of a load without success holds null times")
{
    LoadResult result;
    const auto json = nlohmann::json::parse(to_json(result));
    CHECK(json["microseconds"]["p50"].is_null());
    CHECK(json["per_second"] == 0.0);
}

} // namespace
} // namespace usherd::bench
