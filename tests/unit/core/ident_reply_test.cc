// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/ident_reply.h"
#include "tests/support/catch.h"

using namespace std::string_view_literals;
using usherd::core::ident_line;
using usherd::core::ident_query;
using usherd::core::ident_user;
using usherd::core::IdentPorts;

namespace {

constexpr IdentPorts ports{40001, 23};

} // namespace

TEST_CASE("an ident query names the client's port first, without blanks")
{
    CHECK(ident_query(ports) == "40001,23\r\n");
}

TEST_CASE("an ident reply is over at the first CR LF")
{
    CHECK(ident_line("a\r\nb\r\n") == "a");
    CHECK(ident_line("\r\n") == "");
    CHECK(ident_line("a\rb\n\r\n") == "a\rb\n");
    CHECK_FALSE(ident_line(""));
    CHECK_FALSE(ident_line("a\n"));
    CHECK_FALSE(ident_line("a\r"));
}

TEST_CASE("the user is what stands behind USERID, blanks before it apart")
{
    CHECK(ident_user("40001 , 23 : USERID : UNIX : joe", ports) == "UNIX : joe");
    CHECK(ident_user("40001,23:USERID:OTHER,US-ASCII:a b c", ports) == "OTHER,US-ASCII:a b c");
    CHECK(ident_user("\t 040001 ,\t0023:\tUSERID\t: \t x : y ", ports) == "x : y ");
    CHECK(ident_user("40001,23:USERID: j\0\x1b\xffo\r"sv, ports) == "j\0\x1b\xffo\r"sv);
}

TEST_CASE("a reply that is not about this connection names nobody")
{
    const auto line =
        GENERATE("40001 , 24 : USERID : UNIX : joe"sv, "40002 , 23 : USERID : UNIX : joe"sv,
                 "23 , 40001 : USERID : UNIX : joe"sv, "400010, 23 : USERID : UNIX : joe"sv,
                 "105537, 23 : USERID : UNIX : joe"sv, "-25535, 23 : USERID : UNIX : joe"sv,
                 "4294967296040001,23:USERID:x"sv, "+40001,23:USERID:x"sv, "40001.0,23:USERID:x"sv);
    CAPTURE(line);
    CHECK_FALSE(ident_user(line, ports));
}

TEST_CASE("an ERROR, half a reply and rubbish name nobody")
{
    const auto line = GENERATE(
        ""sv, " "sv, "40001"sv, "40001,"sv, "40001,23"sv, "40001,23:"sv, "40001,23:USERID"sv,
        "40001,23:USERID:"sv, "40001,23:USERID: \t "sv, "40001 , 23 : ERROR : NO-USER"sv,
        "40001,23:userid:x"sv, "40001,23:USERIDX:x"sv, "40001,23 USERID:x"sv,
        "x40001,23:USERID:x"sv, "40001,23::USERID:x"sv, "\0"sv, "40001\0,23:USERID:x"sv);
    CAPTURE(line);
    CHECK_FALSE(ident_user(line, ports));
}

TEST_CASE("why there is no user is said in xinetd's words")
{
    using usherd::core::explanation;
    using usherd::core::IdentFailure;
    CHECK(explanation(IdentFailure::no_server) == "no server");
    CHECK(explanation(IdentFailure::timeout) == "timeout");
    CHECK(explanation(IdentFailure::system_error) == "system error");
    CHECK(explanation(IdentFailure::broken_reply) == "error while receiving response");
    CHECK(explanation(IdentFailure::not_understood) == "bad response");
}
