// SPDX-License-Identifier: BSD-2-Clause
//
// The head of an HTTP/1.1 request and of a reply (RFC 9112), as much of it as the status socket
// needs: bytes in, a value or what is wrong with them out. Strict where clients could be taken for
// one another: no folded lines, no blanks before a colon, one Content-Length, no Transfer-Encoding.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/control/request.h"

namespace usherd::control {

inline constexpr std::size_t max_head_bytes = 8 * 1024;

struct HttpHead {
    Method method = Method::get;
    std::string target;
    std::string host;               ///< of the header; empty if there is none
    std::size_t body_bytes = 0;     ///< Content-Length, at most max_body_bytes
    bool keep_alive = true;         ///< the client expects the connection to stay
    bool wants_continue = false;    ///< Expect: 100-continue
    bool understands_chunks = true; ///< HTTP/1.1

    bool operator==(const HttpHead&) const = default;
};

/// The head is not complete yet.
struct HttpIncomplete {};

/// @param consumed how many bytes of `input` the head is; set if there is one.
/// @return an Error (400, 413, 417, 431, 501, 505) for what can never become a request.
[[nodiscard]] std::variant<HttpHead, HttpIncomplete, Error> parse_http_head(std::string_view input,
                                                                            std::size_t& consumed);

/// `Not Found`; RFC 9110, 15.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

struct HttpReplyHead {
    int status = 200;
    std::string_view content_type = "application/json";
    std::string_view allow;      ///< with 405
    std::string_view more_lines; ///< whole header lines, each with its end
    bool close = false;          ///< the connection ends with this reply
    bool chunked = false;        ///< else body_bytes holds, or the end of the connection
    std::size_t body_bytes = 0;
};
[[nodiscard]] std::string to_text(const HttpReplyHead& head);

} // namespace usherd::control
