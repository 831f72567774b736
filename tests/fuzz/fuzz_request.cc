// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: what a client of the status socket asks for, as evhttp hands it to the daemon:
// method, target, body. The input is a target, and after a line end a body.

#include <string>
#include <variant>

#include "daemon/control/json.h"
#include "daemon/control/request.h"
#include "tests/fuzz/fuzz_target.h"

namespace usherd::fuzz {

namespace {

using control::Error;
using control::Method;
using control::Request;

void check_error(const Error& error)
{
    require(error.status >= 400 && error.status < 600, "an error has the status of one");
    require(!error.error.empty() && !error.message.empty(), "an error says what is wrong");
}

void check_request(Method method, std::string_view target, std::string_view body)
{
    const auto parsed = control::parse_request(method, target, body);
    if (const auto* error = std::get_if<Error>(&parsed))
        return check_error(*error);
    require(target.size() <= control::max_target_bytes && body.size() <= control::max_body_bytes,
            "what is too large is refused");
    const auto& request = std::get<Request>(parsed);
    require(control::changes_something(request) == (method != Method::get),
            "GET changes nothing, and all else does");
    const auto wire = control::to_wire(request);
    const auto again = control::parse_request(wire.method, wire.target, wire.body);
    require(std::holds_alternative<Request>(again) && std::get<Request>(again) == request,
            "a request that is written is the same when it is read");
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using usherd::control::Method;
    const std::string_view text = usherd::fuzz::as_text(data, size);
    const std::size_t end = text.find('\n');
    const std::string_view body = end == std::string_view::npos ? "" : text.substr(end + 1);
    for (const auto method : {Method::get, Method::post, Method::del, Method::other})
        usherd::fuzz::check_request(method, text.substr(0, end), body);
    usherd::fuzz::check_request(Method::post, "/v1/bans", text);
    return 0;
}
