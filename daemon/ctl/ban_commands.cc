// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/ban_commands.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/clock.h"
#include "daemon/ctl/render.h"
#include "daemon/ctl/terminal.h"

namespace usherd::ctl {

namespace {

struct BanOptions {
    std::string source;
    std::string duration;
    std::string reason;
};

void ban(const BanOptions& options, Session& session)
{
    control::BanOrder order;
    order.source = options.source;
    if (!options.reason.empty())
        order.reason = options.reason;
    if (!options.duration.empty()) {
        const auto duration = parse_duration(options.duration);
        if (!duration) {
            session.complain("--for: expected a time as 90s, 15m, 2h or 7d, found '" +
                             harmless(options.duration) + "'");
            session.status = ExitStatus::usage;
            return;
        }
        order.seconds = static_cast<std::uint64_t>(duration->count());
    }
    if (const auto made = ask<control::Ban>(session, control::AddBan{order}))
        session.print(fmt::format("{} is banned {}\n", harmless(made->source),
                                  made->until ? "until " + local_time(*made->until)
                                              : std::string("until the ban is lifted")));
}

void unban(const std::string& source, Session& session)
{
    if (const auto lifted = ask<control::Ban>(session, control::RemoveBan{source}))
        session.print(fmt::format("{} is banned no longer; {} clients were refused\n",
                                  harmless(lifted->source), grouped(lifted->hits)));
}

void bans(Session& session)
{
    if (const auto list = ask<control::BanList>(session, control::GetBans{}))
        session.print(render(*list, now(), style_of(session)));
}

} // namespace

void add_ban_commands(CLI::App& app, Session& session)
{
    auto options = std::make_shared<BanOptions>();
    CLI::App* const command =
        app.add_subcommand("ban", "refuse a source at every service, before anything else");
    command->add_option("source", options->source, "an address or block")
        ->required()
        ->option_text("ADDRESS[/LEN]");
    command
        ->add_option("--for", options->duration, "how long: 90s, 15m, 2h, 7d (default: for good)")
        ->option_text("DURATION");
    command->add_option("--reason", options->reason, "why, for the list")->option_text("TEXT");
    command->callback([options, &session] { ban(*options, session); });

    auto source = std::make_shared<std::string>();
    CLI::App* const lift = app.add_subcommand("unban", "lift a ban");
    lift->add_option("source", *source, "as in the list of bans")
        ->required()
        ->option_text("ADDRESS[/LEN]");
    lift->callback([source, &session] { unban(*source, session); });

    app.add_subcommand("bans", "the bans in force")->callback([&session] { bans(session); });
}

} // namespace usherd::ctl
