// SPDX-License-Identifier: BSD-2-Clause
//
// The request line of tcpmux: what is one, what is none, what is none yet.

#include <vector>

#include "daemon/core/tcpmux_line.h"
#include "tests/support/catch.h"

namespace usherd::core {

namespace {

using State = TcpmuxLine::State;

State state_of(std::string_view text)
{
    return parse_tcpmux_line(text).state;
}

} // namespace

TEST_CASE("a name with CR LF is a request, and what follows is not part of it")
{
    const auto line = parse_tcpmux_line("finger\r\nroot\r\n");
    CHECK(line.state == State::complete);
    CHECK(line.name == "finger");
    CHECK(line.length == 8);
}

TEST_CASE("a request may come byte by byte")
{
    const std::string_view text = "finger\r\n";
    for (std::size_t count = 0; count < text.size(); ++count)
        CHECK(state_of(text.substr(0, count)) == State::incomplete);
    CHECK(state_of(text) == State::complete);
}

TEST_CASE("a line without a name, without CR, or with a CR inside is none")
{
    CHECK(state_of("\r\n") == State::malformed);
    CHECK(state_of("\n") == State::malformed);
    CHECK(state_of("finger\n") == State::malformed);
    CHECK(state_of("fin\rger\r\n") == State::malformed);
}

TEST_CASE("a line is at most 1024 bytes long, CR LF included")
{
    const std::string name(max_tcpmux_line_bytes - 2, 'x');
    CHECK(parse_tcpmux_line(name + "\r\n").name == name);
    CHECK(state_of(name) == State::incomplete);
    CHECK(state_of(name + "x") == State::incomplete);
    CHECK(state_of(name + "x\r") == State::malformed);
    CHECK(state_of(name + "xy") == State::malformed);
}

TEST_CASE("names are the same whatever their case, and only then")
{
    CHECK(is_same_tcpmux_name("finger", "FINger"));
    CHECK_FALSE(is_same_tcpmux_name("finger", "fingerd"));
    CHECK_FALSE(is_same_tcpmux_name("finger", std::string_view("finger\0", 7)));
    CHECK_FALSE(is_same_tcpmux_name("[", "{"));
    CHECK_FALSE(is_same_tcpmux_name("finger", ""));
}

TEST_CASE("the list has one name a line")
{
    CHECK(tcpmux_list({}).empty());
    CHECK(tcpmux_list(std::vector<std::string>{"finger", "whois"}) == "finger\r\nwhois\r\n");
}

} // namespace usherd::core
