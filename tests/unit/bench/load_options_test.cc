// SPDX-License-Identifier: BSD-2-Clause
//
// usherd-load's command line and source addresses.

#include <set>
#include <vector>

#include "tests/bench/load_options.h"
#include "tests/support/catch.h"

namespace usherd::bench {
namespace {

std::variant<LoadOptions, UsageError> parse(std::vector<const char*> arguments)
{
    arguments.insert(arguments.begin(), "usherd-load");
    const auto count = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    return parse_load_options(count, arguments.data());
}

TEST_CASE("a port alone means 1,000 connections, one at a time, to 127.0.0.1")
{
    const auto parsed = parse({"7007"});
    REQUIRE(std::holds_alternative<LoadOptions>(parsed));
    LoadOptions expected;
    expected.port = 7007;
    CHECK(std::get<LoadOptions>(parsed) == expected);
    CHECK(expected.connections == 1000);
    CHECK(expected.concurrency == 1);
}

TEST_CASE("every option sets its member")
{
    const auto parsed = parse({"-n",        "5",           "-c",           "3",
                               "-j",        "2",           "-w",           "2",
                               "-t",        "1.5",         "--timeout-ms", "250",
                               "-r",        "a\\n",        "--half-close", "-e",
                               "9",         "--refusal",   "-s",           "70",
                               "--network", "10",          "-u",           "--keep-sockets",
                               "--each",    "127.0.0.2:80"});
    REQUIRE(std::holds_alternative<LoadOptions>(parsed));
    LoadOptions expected;
    expected.address = "127.0.0.2";
    expected.port = 80;
    expected.udp = true;
    expected.connections = 5;
    expected.warm_up = 2;
    expected.concurrency = 3;
    expected.threads = 2;
    expected.time_limit = std::chrono::milliseconds{1500};
    expected.timeout = std::chrono::milliseconds{250};
    expected.request = "a\n";
    expected.half_close = true;
    expected.expected_bytes = 9;
    expected.refusal = true;
    expected.sources = 70;
    expected.network = 10;
    expected.keep_sockets = true;
    expected.each = true;
    CHECK(std::get<LoadOptions>(parsed) == expected);
}

TEST_CASE("a wrong command line is refused")
{
    const auto arguments = GENERATE(values<std::vector<const char*>>({
        {},
        {"0"},
        {"65536"},
        {"80", "81"},
        {"-n", "x", "80"},
        {"-n", "-1", "80"},
        {"-c", "0", "80"},
        {"-c", "2", "-j", "3", "80"},
        {"-n", "0", "80"},
        {"-r", "\\q", "80"},
        {"-r", "\\x1", "80"},
        {"-s", "16000001", "80"},
        {"--network", "0", "80"},
        {"--network", "224", "80"},
        {"-u", "80"},
        {"--nonsense", "80"},
        {"80", "-n"},
    }));
    const auto parsed = parse(arguments);
    REQUIRE(std::holds_alternative<UsageError>(parsed));
    CHECK_FALSE(std::get<UsageError>(parsed).message.empty());
}

TEST_CASE("asking for help is no mistake")
{
    const auto parsed = parse({"--help"});
    REQUIRE(std::holds_alternative<UsageError>(parsed));
    CHECK(std::get<UsageError>(parsed).message.empty());
}

TEST_CASE("escapes in a request stand for the bytes they name")
{
    CHECK(unescape("GET /\\r\\n\\t\\\\") == "GET /\r\n\t\\");
    CHECK(unescape("\\0") == std::string(1, '\0'));
    CHECK(unescape("\\x7fA\\xFf") == "\x7f"
                                     "A\xff");
    CHECK_FALSE(unescape("\\"));
    CHECK_FALSE(unescape("\\xg0"));
}

TEST_CASE("sources are different addresses of 127.0.0.0/8, then begin again")
{
    constexpr std::uint32_t sources = 100'000;
    std::set<std::uint32_t> seen;
    for (std::uint32_t i = 0; i < sources; ++i) {
        const std::uint32_t address = source_address(i, sources);
        seen.insert(address);
        REQUIRE(address >> 24 == 127);
        REQUIRE((address & 0xFF) != 0);
        REQUIRE((address & 0xFF) != 255);
    }
    CHECK(seen.size() == sources);
    CHECK(source_address(0, sources) == 0x7F010001);
    CHECK(source_address(sources, sources) == source_address(0, sources));
    CHECK(source_address(max_sources - 1, max_sources) >> 24 == 127);
}

TEST_CASE("sources of another network have its first number and are as many")
{
    CHECK(source_address(0, 1000, 10) == 0x0A010001);
    CHECK(source_address(254, 1000, 10) == 0x0A010101);
    CHECK(source_address(max_sources - 1, max_sources, 10) >> 24 == 10);
    for (std::uint32_t i = 0; i < 1000; ++i)
        REQUIRE((source_address(i, 1000, 10) ^ source_address(i, 1000)) == (127U ^ 10U) << 24);
}

} // namespace
} // namespace usherd::bench
