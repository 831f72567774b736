// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/activity_commands.h"

#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>

#include "access-control/decision.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/clock.h"
#include "daemon/ctl/render.h"
#include "daemon/ctl/terminal.h"

namespace usherd::ctl {

namespace {

std::optional<std::string> given(const std::string& word)
{
    return word.empty() ? std::nullopt : std::optional{word};
}

void connections(const std::string& service, Session& session)
{
    if (const auto list =
            ask<control::ConnectionList>(session, control::GetConnections{given(service)}))
        session.print(render(*list, now(), style_of(session)));
}

void sources(std::uint32_t top, Session& session)
{
    if (const auto lists = ask<control::SourceLists>(session, control::GetSources{top}))
        session.print(render(*lists, style_of(session)));
}

struct EventOptions {
    std::string service;
    std::string since; ///< a sequence number, or how long ago
    std::string reason;
    std::string from;
    bool follow = false;
};

/// @return false if --since is neither a number nor a duration.
bool set_start(control::GetEvents& request, const std::string& since)
{
    if (since.empty())
        return true;
    std::uint64_t number = 0;
    const char* const end = since.data() + since.size();
    const auto [stop, error] = std::from_chars(since.data(), end, number);
    if (error == std::errc{} && stop == end) {
        request.since = number;
        return true;
    }
    if (const auto ago = parse_duration(since))
        request.after = now() - *ago;
    return request.after.has_value();
}

/// Prints what comes. A reader that was too slow for the daemon goes on where it was cut off.
class EventReader {
public:
    explicit EventReader(Session& session) : session_(session), style_(style_of(session)) {}

    void read(control::GetEvents request)
    {
        do {
            resume_at_.reset();
            const auto outcome = Client(session_.options.socket)
                                     .follow(control::to_wire(request),
                                             [this](std::string_view line) { return take(line); });
            if (const auto* error = std::get_if<ClientError>(&outcome)) {
                complain(session_, *error);
                return;
            }
            if (const auto& reply = std::get<Reply>(outcome); reply.status != 200) {
                complain(session_, reply);
                return;
            }
            request.since = resume_at_;
            request.after.reset();
        } while (resume_at_ && request.follow);
    }

private:
    bool take(std::string_view line)
    {
        std::string why;
        const auto event = control::from_json<control::Event>(line, why);
        if (!event) {
            session_.complain("an event is not understood: " + why);
            return true;
        }
        if (session_.options.json)
            session_.print(std::string(line) + '\n');
        else
            session_.print(render(*event, style_));
        if (event->kind == control::EventKind::dropped)
            resume_at_ = event->seq;
        // Whoever reads a pipe wants it now; and if nobody reads any more, that is the end.
        return std::fflush(session_.out) == 0;
    }

    Session& session_;
    Style style_;
    std::optional<std::uint64_t> resume_at_;
};

void events(const EventOptions& options, Session& session)
{
    control::GetEvents request;
    request.follow = options.follow;
    request.service = given(options.service);
    request.reason = given(options.reason);
    request.from = given(options.from);
    if (!set_start(request, options.since)) {
        session.complain("--since: expected a number of an event, or a time ago as 15m or 2h, "
                         "found '" +
                         harmless(options.since) + "'");
        session.status = ExitStatus::usage;
        return;
    }
    EventReader(session).read(request);
}

/// Those of a refusal.
std::vector<std::string> reasons()
{
    std::vector<std::string> names;
    for (int i = 0; i < access::reason_count; ++i)
        if (const auto reason = static_cast<access::Reason>(i); reason != access::Reason::allowed)
            names.emplace_back(access::name(reason));
    return names;
}

void add_events_command(CLI::App& app, Session& session)
{
    auto options = std::make_shared<EventOptions>();
    CLI::App* const command = app.add_subcommand("events", "what happened, and with --follow what "
                                                           "happens");
    command->add_option("service", options->service, "of this service alone")
        ->option_text("SERVICE");
    command->add_flag("--follow", options->follow, "go on with what happens from now on");
    command->add_option("--since", options->since, "from this number on, or so long ago: 15m, 2h")
        ->option_text("SEQ|TIME");
    command->add_option("--service", options->service, "of this service alone")
        ->option_text("SERVICE");
    command->add_option("--reason", options->reason, "with this reason: address, rate …")
        ->check(CLI::IsMember(reasons()))
        ->option_text("REASON");
    command->add_option("--from", options->from, "of this address or block")
        ->option_text("ADDRESS[/LEN]");
    command->callback([options, &session] { events(*options, session); });
}

} // namespace

void add_activity_commands(CLI::App& app, Session& session)
{
    auto service = std::make_shared<std::string>();
    CLI::App* const running =
        app.add_subcommand("connections", "running handlers: process, client, since, user");
    running->add_option("service", *service, "of this service alone")->option_text("SERVICE");
    running->callback([service, &session] { connections(*service, session); });

    auto top = std::make_shared<std::uint32_t>(20);
    CLI::App* const who = app.add_subcommand("sources", "who connects most, by address and block");
    who->add_option("--top", *top, "how many of each (default 20)")
        ->check(CLI::Range(1U, control::max_top))
        ->option_text("N");
    who->callback([top, &session] { sources(*top, session); });

    add_events_command(app, session);
}

} // namespace usherd::ctl
