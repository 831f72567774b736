// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/change_commands.h"

#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/block.h"
#include "daemon/ctl/clock.h"
#include "daemon/ctl/drain_command.h"
#include "daemon/ctl/render.h"
#include "daemon/ctl/terminal.h"

namespace usherd::ctl {

namespace {

void reload(bool dry_run, bool strict, Session& session)
{
    // Reading ten thousand files and the name service may take its time.
    const Client client(session.options.socket, std::chrono::minutes{5});
    const auto outcome = client.ask(control::to_wire(control::PostReload{dry_run, strict}));
    if (const auto* error = std::get_if<ClientError>(&outcome)) {
        complain(session, *error);
        return;
    }
    const auto& reply = std::get<Reply>(outcome);
    // With 409, too, the answer is the plan, with what is wrong.
    std::string why;
    const auto answer = control::from_json<control::ReloadAnswer>(reply.body, why);
    if ((reply.status != 200 && reply.status != 409) || !answer) {
        complain(session, reply);
        return;
    }
    if (session.options.json)
        session.print(reply.body.ends_with('\n') ? reply.body : reply.body + '\n');
    else
        session.print(render(*answer, style_of(session)));
    if (reply.status != 200)
        session.status = ExitStatus::no;
}

void switch_service(const std::string& id, control::Switch to, Session& session)
{
    if (const auto list = ask<control::ServiceList>(session, control::SwitchService{id, to}))
        session.print(render(*list, now(), style_of(session)));
}

struct KillOptions {
    std::vector<std::int64_t> pids;
    std::string service;
    std::string from;
};

/// The processes of one service's handlers; none if they cannot be had.
std::optional<std::vector<std::int64_t>> find_pids(const KillOptions& options, Session& session)
{
    const auto block = options.from.empty() ? Block{} : parse_block(options.from);
    if (!block) {
        session.complain("--from: expected an address or ADDRESS/LENGTH, found '" +
                         harmless(options.from) + "'");
        session.status = ExitStatus::usage;
        return std::nullopt;
    }
    const auto body = fetch_text(session, control::GetConnections{options.service});
    const auto list = body ? decode<control::ConnectionList>(session, *body) : std::nullopt;
    if (!list)
        return std::nullopt;
    std::vector<std::int64_t> pids;
    for (const control::Connection& one : list->connections)
        if (one.pid > 0 && one.kind == "program" &&
            (options.from.empty() || (one.from && holds(*block, *one.from))))
            pids.push_back(one.pid);
    return pids;
}

void kill_handlers(const KillOptions& options, Session& session)
{
    if (options.pids.empty() == options.service.empty()) {
        session.complain("kill: give processes, or --service SERVICE");
        session.status = ExitStatus::usage;
        return;
    }
    std::optional<std::vector<std::int64_t>> pids = options.pids;
    if (!options.service.empty())
        pids = find_pids(options, session);
    if (!pids)
        return;
    std::string json;
    for (const std::int64_t pid : *pids) {
        const auto body = fetch_text(session, control::KillConnection{pid});
        const auto answer = body ? decode<control::KillAnswer>(session, *body) : std::nullopt;
        if (session.status == ExitStatus::not_permitted || session.status == ExitStatus::no_daemon)
            return;
        if (!answer)
            continue;
        json += (json.empty() ? "" : ",") + control::to_json(*answer);
        if (!session.options.json)
            session.print(fmt::format("{} of {}: TERM is sent, KILL follows after {} s\n",
                                      answer->pid, harmless(answer->service),
                                      answer->kill_grace_seconds));
    }
    if (session.options.json)
        session.print("{\"killed\":[" + json + "]}\n");
    else if (pids->empty())
        session.print("no handler matches\n");
}

void add_kill_command(CLI::App& app, Session& session)
{
    auto options = std::make_shared<KillOptions>();
    CLI::App* const command =
        app.add_subcommand("kill", "end handlers: TERM to the process group, KILL later");
    command->add_option("pid", options->pids, "processes of handlers")
        ->check(CLI::PositiveNumber)
        ->option_text("PID ...");
    command->add_option("--service", options->service, "all handlers of this service")
        ->option_text("SERVICE");
    command->add_option("--from", options->from, "of these only those for this address or block")
        ->option_text("ADDRESS[/LEN]");
    command->callback([options, &session] { kill_handlers(*options, session); });
}

void add_switch_command(CLI::App& app, Session& session, const char* name, const char* what,
                        control::Switch to)
{
    auto id = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand(name, what);
    command->add_option("service", *id, "its id")->required()->option_text("SERVICE");
    command->callback([id, to, &session] { switch_service(*id, to, session); });
}

} // namespace

void add_change_commands(CLI::App& app, Session& session)
{
    struct ReloadOptions {
        bool dry_run = false;
        bool strict = false;
    };
    auto options = std::make_shared<ReloadOptions>();
    CLI::App* const command =
        app.add_subcommand("reload", "read the configuration again, and say what changed");
    command->add_flag("--dry-run", options->dry_run, "say what would change, and change nothing");
    command->add_flag("--strict", options->strict, "change nothing if anything is wrong");
    command->callback([options, &session] { reload(options->dry_run, options->strict, session); });
    add_switch_command(app, session, "enable", "open the sockets of a service again",
                       control::Switch::enable);
    add_switch_command(app, session, "disable",
                       "close the sockets of a service until the next reload",
                       control::Switch::disable);
    add_drain_command(app, session);
    add_kill_command(app, session);
}

} // namespace usherd::ctl
