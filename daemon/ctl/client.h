// SPDX-License-Identifier: BSD-2-Clause
//
// HTTP over the daemon's status socket, by libcurl. Everything has a deadline and a size limit:
// what answers at a socket may be anything.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/control/request.h"
#include "daemon/ctl/exit_status.h"

namespace usherd::ctl {

struct Reply {
    int status = 0; ///< of HTTP
    std::string body;
};

/// There is no reply.
struct ClientError {
    ExitStatus status = ExitStatus::no_daemon; ///< what usherctl ends with
    std::string message;
};

class Client {
public:
    static constexpr std::size_t max_reply_bytes = 256U << 20;
    static constexpr std::size_t max_line_bytes = 1U << 20;

    explicit Client(std::string socket, std::chrono::seconds deadline = std::chrono::seconds{30})
        : socket_(std::move(socket)), deadline_(deadline)
    {
    }

    /// One request, one whole reply.
    [[nodiscard]] std::variant<Reply, ClientError> ask(const control::WireRequest& request) const;

    /// Gets one line of a reply, without its newline. @return false to end the request.
    using LineSink = std::function<bool(std::string_view line)>;
    /// A reply that comes line by line and need not end. With another status than 200 the sink is
    /// not called, and the reply has the body. Ends well when the sink wants no more.
    [[nodiscard]] std::variant<Reply, ClientError> follow(const control::WireRequest& request,
                                                          LineSink sink) const;

private:
    std::string socket_;
    std::chrono::seconds deadline_;
};

} // namespace usherd::ctl
