// SPDX-License-Identifier: BSD-2-Clause
//
// One question to the daemon, with what every command does when there is no good answer.

#pragma once

#include <optional>
#include <string>

#include "daemon/control/json.h"
#include "daemon/control/request.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/session.h"

namespace usherd::ctl {

/// Says what is wrong and sets the exit status: 403 is not_permitted, others are no.
void complain(Session& session, const ClientError& error);
void complain(Session& session, const Reply& reply);

/// The body of a reply with status 200 or 201; else none, and the rest is done.
[[nodiscard]] std::optional<std::string> fetch_text(Session& session,
                                                    const control::Request& request);

template <typename Value>
std::optional<Value> decode(Session& session, const std::string& body)
{
    std::string why;
    auto value = control::from_json<Value>(body, why);
    if (!value) {
        session.complain(session.options.socket + ": the answer is not understood: " + why);
        session.status = ExitStatus::no_daemon;
    }
    return value;
}

/// None if there is nothing left to do: there was no good answer, or it has been printed as JSON.
template <typename Value>
[[nodiscard]] std::optional<Value> ask(Session& session, const control::Request& request)
{
    const auto body = fetch_text(session, request);
    if (!body)
        return std::nullopt;
    auto value = decode<Value>(session, *body);
    if (!value || !session.options.json)
        return value;
    session.print(*body);
    if (!body->ends_with('\n'))
        session.print("\n");
    return std::nullopt;
}

} // namespace usherd::ctl
