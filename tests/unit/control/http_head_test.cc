// SPDX-License-Identifier: BSD-2-Clause

#include "daemon/control/http_head.h"
#include "tests/support/catch.h"

namespace usherd::control {

namespace {

HttpHead head_of(std::string_view text)
{
    std::size_t consumed = 0;
    const auto parsed = parse_http_head(text, consumed);
    INFO(text);
    REQUIRE(std::holds_alternative<HttpHead>(parsed));
    return std::get<HttpHead>(parsed);
}

int status_of(std::string_view text)
{
    std::size_t consumed = 0;
    const auto parsed = parse_http_head(text, consumed);
    if (const auto* error = std::get_if<Error>(&parsed))
        return error->status;
    return std::holds_alternative<HttpIncomplete>(parsed) ? 0 : 200;
}

std::string with(std::string_view header)
{
    return "GET / HTTP/1.1\r\nHost: usherd\r\n" + std::string(header) + "\r\n\r\n";
}

} // namespace

TEST_CASE("a head is its request line and the headers that matter")
{
    std::size_t consumed = 0;
    const std::string text = "POST /v1/bans?x=1 HTTP/1.1\r\nHost: usherd\r\nUser-Agent: x\r\n"
                             "content-LENGTH:  12 \r\n\r\n{\"source\"";
    const auto parsed = parse_http_head(text, consumed);
    REQUIRE(std::holds_alternative<HttpHead>(parsed));
    const auto& head = std::get<HttpHead>(parsed);
    CHECK(head.method == Method::post);
    CHECK(head.target == "/v1/bans?x=1");
    CHECK(head.host == "usherd");
    CHECK(head.body_bytes == 12);
    CHECK(head.keep_alive);
    CHECK(text.substr(consumed) == "{\"source\"");
}

TEST_CASE("a head ends with an empty line and is not complete before")
{
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t length = 0; length < text.size(); ++length)
        CHECK(status_of(text.substr(0, length)) == 0);
    CHECK(status_of(text) == 200);
    CHECK(status_of("GET / HTTP/1.1\n\n") == 200);
    CHECK(status_of("\r\nGET / HTTP/1.1\r\n\r\n") == 200);
}

TEST_CASE("a connection stays with HTTP/1.1 and goes with HTTP/1.0, unless the client says so")
{
    CHECK(head_of("GET / HTTP/1.1\r\n\r\n").keep_alive);
    CHECK_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
    CHECK_FALSE(head_of(with("Connection: foo, Close")).keep_alive);
    CHECK(head_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
    CHECK_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").understands_chunks);
}

TEST_CASE("heads that could be read in two ways are refused")
{
    for (const char* text : {"GET /\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n",
                             "GET / x HTTP/1.1\r\n\r\n", "GET /\x01 HTTP/1.1\r\n\r\n"})
        CHECK(status_of(text) == 400);
    for (const char* header :
         {"Content-Length: 1\r\nContent-Length: 1", "Content-Length: +1", "Content-Length: -1",
          "Content-Length: 1,1", "Content-Length:", "Content-Length: 0x1", "Content-Length : 1",
          " folded: yes", "no colon", ": empty", "a\tb: c", "Host: again", "x: a\rb"})
        CHECK(status_of(with(header)) == 400);
    CHECK(status_of(with("Transfer-Encoding: chunked")) == 501);
    CHECK(status_of(with("Expect: tea")) == 417);
    CHECK(status_of("GET / HTTP/2.0\r\n\r\n") == 505);
    CHECK(status_of("PRI * HTTP/2.0\r\n\r\n") == 505);
}

TEST_CASE("a head, its lines and its body have a largest size")
{
    CHECK(status_of("GET /" + std::string(max_head_bytes, 'a')) == 431);
    CHECK(status_of(with("a: " + std::string(max_head_bytes, 'a'))) == 431);
    std::string many;
    for (int i = 0; i < 65; ++i)
        many += "a: b\r\n";
    CHECK(status_of(with(many)) == 431);
    CHECK(status_of(with("Content-Length: 65536")) == 200);
    CHECK(status_of(with("Content-Length: 65537")) == 413);
    CHECK(status_of(with("Content-Length: 99999999999999999999999")) == 413);
}

TEST_CASE("other methods are one, which no path has")
{
    CHECK(head_of("HEAD / HTTP/1.1\r\n\r\n").method == Method::other);
    CHECK(head_of("get / HTTP/1.1\r\n\r\n").method == Method::other);
    CHECK(head_of("DELETE / HTTP/1.1\r\n\r\n").method == Method::del);
}

TEST_CASE("the head of a reply says how it ends")
{
    HttpReplyHead head;
    head.status = 405;
    head.allow = "GET";
    head.body_bytes = 3;
    head.close = true;
    CHECK(to_text(head) == "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: application/json\r\n"
                           "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                           "Content-Length: 3\r\nAllow: GET\r\nConnection: close\r\n\r\n");
    HttpReplyHead chunked;
    chunked.chunked = true;
    CHECK(to_text(chunked).find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(to_text(chunked).find("Content-Length") == std::string::npos);
}

} // namespace usherd::control
