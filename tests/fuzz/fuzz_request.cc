// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: what a client of the status socket sends, head and body, as the daemon reads it.

#include <string>
#include <variant>

#include "daemon/control/http_head.h"
#include "daemon/control/json.h"
#include "daemon/control/request.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

using control::Error;
using control::Request;

void check_error(const Error& error)
{
    require(error.status >= 400 && error.status < 600, "an error has the status of one");
    require(!error.error.empty() && !error.message.empty(), "an error says what is wrong");
}

void check_request(control::Method method, std::string_view target, std::string_view body)
{
    const auto parsed = control::parse_request(method, target, body);
    if (const auto* error = std::get_if<Error>(&parsed))
        return check_error(*error);
    const auto& request = std::get<Request>(parsed);
    require(control::changes_something(request) == (method != control::Method::get),
            "GET changes nothing, and all else does");
    const auto wire = control::to_wire(request);
    const auto again = control::parse_request(wire.method, wire.target, wire.body);
    require(std::holds_alternative<Request>(again) && std::get<Request>(again) == request,
            "a request that is written is the same when it is read");
}

void check_head(std::string_view text)
{
    std::size_t consumed = 0;
    const auto parsed = control::parse_http_head(text, consumed);
    if (const auto* error = std::get_if<Error>(&parsed))
        return check_error(*error);
    const auto* head = std::get_if<control::HttpHead>(&parsed);
    if (head == nullptr)
        return require(text.size() < control::max_head_bytes, "an endless head is refused");
    require(consumed <= text.size() && consumed <= control::max_head_bytes,
            "a head lies within what was sent");
    require(head->body_bytes <= control::max_body_bytes, "a body is bounded");
    check_request(head->method, head->target, text.substr(consumed).substr(0, head->body_bytes));
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text = usherd::fuzz::as_text(data, size);
    usherd::fuzz::check_head(text);
    usherd::fuzz::check_request(usherd::control::Method::get, text, {});
    usherd::fuzz::check_request(usherd::control::Method::post, "/v1/bans", text);
    return 0;
}
