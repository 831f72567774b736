// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/run.h"

#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include "daemon/ctl/activity_commands.h"
#include "daemon/ctl/ban_commands.h"
#include "daemon/ctl/change_commands.h"
#include "daemon/ctl/check_command.h"
#include "daemon/ctl/completions.h"
#include "daemon/ctl/convert_command.h"
#include "daemon/ctl/explain_command.h"
#include "daemon/ctl/session.h"
#include "daemon/ctl/show_commands.h"
#include "daemon/ctl/top_command.h"

namespace usherd::ctl {

namespace {

void add_global_options(CLI::App& app, GlobalOptions& options)
{
    static const std::map<std::string, ColorMode> modes{
        {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}};
    app.set_version_flag("--version", "usherctl " USHERD_VERSION);
    app.add_option("--socket", options.socket, "the daemon's status socket")->option_text("PATH");
    app.add_flag("--json", options.json, "answer in JSON");
    app.add_option("--color", options.color, "colours: auto, always, never")
        ->transform(CLI::CheckedTransformer(modes))
        ->option_text("WHEN");
}

void add_commands(CLI::App& app, Session& session)
{
    app.require_subcommand(1);
    app.fallthrough(); // global options may stand after the command, too
    add_show_commands(app, session);
    add_activity_commands(app, session);
    add_top_command(app, session);
    add_change_commands(app, session);
    add_ban_commands(app, session);
    add_explain_command(app, session);
    add_check_command(app, session);
    add_convert_command(app, session);
    add_completions_command(app, session);
}

/// Help and version are no errors; everything else on the command line is one of usage.
ExitStatus report(const CLI::App& app, const CLI::ParseError& error, const Session& session)
{
    std::ostringstream text;
    const bool asked_for = app.exit(error, text, text) == 0;
    const std::string message = text.str();
    std::fwrite(message.data(), 1, message.size(), asked_for ? session.out : session.err);
    return asked_for ? ExitStatus::done : ExitStatus::usage;
}

} // namespace

ExitStatus run(int argc, const char* const* argv, std::FILE* out, std::FILE* err)
{
    Session session{out, err, {}, ExitStatus::done};
    CLI::App app{"Asks usherd what is going on, and steers it.", "usherctl"};
    add_global_options(app, session.options);
    add_commands(app, session);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return report(app, error, session);
    }
    return session.status;
}

} // namespace usherd::ctl
