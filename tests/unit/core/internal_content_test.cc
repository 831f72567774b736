// SPDX-License-Identifier: BSD-2-Clause
//
// The expected texts are xinetd 2.3.15.3's, as it sent them.

#include <set>
#include <vector>

#include "daemon/core/internal_content.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using config::SocketType;

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;
    for (std::size_t end; (end = text.find("\r\n")) != std::string_view::npos;
         text.remove_prefix(end + 2))
        lines.emplace_back(text.substr(0, end));
    CHECK(text.empty());
    return lines;
}

std::vector<std::string> period_lines()
{
    return lines_of({chargen_period().data(), chargen_period().size()});
}

std::string first_characters(const std::vector<std::string>& lines)
{
    std::string first;
    for (const auto& line : lines)
        first += line.front();
    return first;
}

std::vector<std::string> next_lines(ChargenDatagrams& datagrams)
{
    const auto datagram = datagrams.next();
    return lines_of({datagram.data(), datagram.size()});
}

} // namespace

TEST_CASE("chargen begins with the two lines that xinetd begins with")
{
    const auto lines = period_lines();
    CHECK(lines[0] == "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh");
    CHECK(lines[1] == "\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghi");
}

TEST_CASE("chargen has 95 lines of 72 characters, then starts again")
{
    const auto lines = period_lines();
    REQUIRE(lines.size() == 95);
    for (const auto& line : lines)
        CHECK(line.size() == 72);
    CHECK(lines[92].front() == '}');
    CHECK(lines[93].front() == '!');
    CHECK(lines[94].front() == '"');
}

TEST_CASE("chargen knows neither blank nor tilde")
{
    std::set<char> characters;
    for (const auto& line : period_lines())
        characters.insert(line.begin(), line.end());
    CHECK(characters.size() == 93);
    CHECK(*characters.begin() == '!');
    CHECK(*characters.rbegin() == '}');
}

TEST_CASE("a chargen datagram is 13 full lines and one of 60 characters")
{
    ChargenDatagrams datagrams;
    const auto lines = next_lines(datagrams);
    REQUIRE(lines.size() == 14);
    for (std::size_t i = 0; i < 13; ++i)
        CHECK(lines[i].size() == 72);
    CHECK(lines[13].size() == 60);
    CHECK(lines[13].substr(0, 4) == "./01");
}

TEST_CASE("chargen datagrams go on where the last one ended, as xinetd's do")
{
    ChargenDatagrams datagrams;
    std::vector<std::string> observed;
    observed.reserve(12);
    for (int i = 0; i < 12; ++i)
        observed.push_back(first_characters(next_lines(datagrams)));
    CHECK(observed == std::vector<std::string>{
                          "!\"#$%&'()*+,-.", "/0123456789:;<", "=>?@ABCDEFGHIJ", "KLMNOPQRSTUVWX",
                          "YZ[\\]^_`abcdef", "ghijklmnopqrst", "uvwxyz{|}!\"!\"#", "$%&'()*+,-./01",
                          "23456789:;<=>?", "@ABCDEFGHIJKLM", "NOPQRSTUVWXYZ[", "\\]^_`abcdefghi"});
}

TEST_CASE("daytime is in xinetd's form")
{
    std::tm moment{};
    moment.tm_year = 2026 - 1900;
    moment.tm_mon = 10;
    moment.tm_mday = 20;
    moment.tm_hour = 20;
    moment.tm_min = 48;
    moment.tm_sec = 51;
    moment.tm_zone = "UTC";
    CHECK(daytime_text(moment) == "20 NOV 2026 20:48:51 UTC\r\n");
    moment.tm_mday = 5;
    moment.tm_hour = 3;
    moment.tm_zone = "CEST";
    CHECK(daytime_text(moment) == "05 NOV 2026 03:48:51 CEST\r\n");
}

TEST_CASE("time counts seconds from 1900 in network byte order")
{
    // RFC 868: 2,208,988,800 is 00:00 1 Jan 1970 GMT; 2,629,584,000 is 00:00 1 May 1983 GMT.
    CHECK(time_bytes(0) == std::array<char, 4>{'\x83', '\xaa', '\x7e', '\x80'});
    CHECK(time_bytes(2'629'584'000 - 2'208'988'800) ==
          std::array<char, 4>{'\x9c', '\xbc', '\x44', '\x80'});
}

TEST_CASE("time is what xinetd sent at the same second")
{
    CHECK(time_bytes(1795213093) ==
          std::array<char, 4>{'\xee', '\xab', 'E', '\xa5'}); // 20 Nov 2026
}

TEST_CASE("time goes on modulo 2^32 in 2036")
{
    const std::time_t rollover = 0x1'0000'0000 - 2'208'988'800;
    CHECK(time_bytes(rollover - 1) == std::array<char, 4>{'\xff', '\xff', '\xff', '\xff'});
    CHECK(time_bytes(rollover) == std::array<char, 4>{0, 0, 0, 0});
}

TEST_CASE("internal services are found by their exact name")
{
    for (const auto service :
         {InternalService::echo, InternalService::discard, InternalService::chargen,
          InternalService::daytime, InternalService::time})
        CHECK(find_internal(name(service)) == service);
    CHECK_FALSE(find_internal("Echo"));
    CHECK_FALSE(find_internal("servers"));
    CHECK_FALSE(find_internal(""));
}

TEST_CASE("only echo, discard and chargen over streams are more than one answer")
{
    CHECK_FALSE(is_inline(InternalService::echo, SocketType::stream));
    CHECK_FALSE(is_inline(InternalService::discard, SocketType::stream));
    CHECK_FALSE(is_inline(InternalService::chargen, SocketType::stream));
    CHECK(is_inline(InternalService::daytime, SocketType::stream));
    CHECK(is_inline(InternalService::time, SocketType::stream));
    CHECK(is_inline(InternalService::echo, SocketType::dgram));
    CHECK(is_inline(InternalService::chargen, SocketType::dgram));
}

} // namespace usherd::core
