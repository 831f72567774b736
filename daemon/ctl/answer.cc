// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/answer.h"

#include <fmt/format.h>

#include "daemon/ctl/text.h"

namespace usherd::ctl {

void complain(Session& session, const ClientError& error)
{
    session.complain(error.message);
    session.status = error.status;
}

void complain(Session& session, const Reply& reply)
{
    session.status = reply.status == 403 ? ExitStatus::not_permitted : ExitStatus::no;
    std::string why;
    const auto error = control::from_json<control::Error>(reply.body, why);
    if (!error)
        session.complain(fmt::format("{}: HTTP status {}", session.options.socket, reply.status));
    else if (reply.status == 403)
        session.complain(harmless(error->message) +
                         ": changes are for root and the daemon's own user");
    else
        session.complain(harmless(error->message));
}

std::optional<std::string> fetch_text(Session& session, const control::Request& request)
{
    auto outcome = Client(session.options.socket).ask(control::to_wire(request));
    if (const auto* error = std::get_if<ClientError>(&outcome)) {
        complain(session, *error);
        return std::nullopt;
    }
    auto& reply = std::get<Reply>(outcome);
    if (reply.status != 200 && reply.status != 201) {
        complain(session, reply);
        return std::nullopt;
    }
    return std::move(reply.body);
}

} // namespace usherd::ctl
