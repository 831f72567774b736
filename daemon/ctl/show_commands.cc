// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/show_commands.h"

#include <fnmatch.h>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/clock.h"
#include "daemon/ctl/metrics_json.h"
#include "daemon/ctl/render.h"
#include "daemon/ctl/terminal.h"

namespace usherd::ctl {

namespace {

void status(Session& session)
{
    if (const auto value = ask<control::DaemonStatus>(session, control::GetStatus{}))
        session.print(render(*value, style_of(session)));
}

/// A name with wildcards, or a part of one.
bool matches(const std::string& pattern, const control::ServiceSummary& service)
{
    if (pattern.find_first_of("*?[") != std::string::npos)
        return ::fnmatch(pattern.c_str(), service.id.c_str(), 0) == 0;
    return service.id.find(pattern) != std::string::npos;
}

void services(const std::string& pattern, Session& session)
{
    const auto body = fetch_text(session, control::GetServices{});
    if (!body)
        return;
    if (session.options.json && pattern.empty()) { // ten thousand of them: as they came
        session.print(body->ends_with('\n') ? *body : *body + '\n');
        return;
    }
    auto list = decode<control::ServiceList>(session, *body);
    if (!list)
        return;
    std::erase_if(list->services, [&](const auto& one) { return !matches(pattern, one); });
    if (!pattern.empty() && list->services.empty()) {
        session.complain("no service matches '" + harmless(pattern) + "'");
        session.status = ExitStatus::no;
    }
    if (session.options.json)
        session.print(control::to_json(*list) + '\n');
    else if (session.status == ExitStatus::done)
        session.print(render(*list, now(), style_of(session)));
}

void show(const std::string& id, Session& session)
{
    if (const auto value = ask<control::ServiceDetails>(session, control::GetService{id}))
        session.print(render(*value, now(), style_of(session)));
}

void metrics(Session& session)
{
    const auto text = fetch_text(session, control::GetMetrics{});
    if (!text)
        return;
    if (!session.options.json)
        return session.print(*text);
    if (const auto json = metrics_json(*text))
        return session.print(*json + '\n');
    session.complain(session.options.socket + ": the answer is not understood");
    session.status = ExitStatus::no_daemon;
}

} // namespace

void add_show_commands(CLI::App& app, Session& session)
{
    app.add_subcommand("status", "the daemon: version, uptime, configuration, totals")
        ->callback([&session] { status(session); });

    auto pattern = std::make_shared<std::string>();
    CLI::App* const list =
        app.add_subcommand("services", "a line for each service: state, address, counts");
    list->add_option("pattern", *pattern, "a part of the id, or a pattern with * and ?")
        ->option_text("PATTERN");
    list->callback([pattern, &session] { services(*pattern, session); });

    auto id = std::make_shared<std::string>();
    CLI::App* const one =
        app.add_subcommand("show", "all about a service: settings, where each was written, limits");
    one->add_option("service", *id, "its id")->required()->option_text("SERVICE");
    one->callback([id, &session] { show(*id, session); });

    app.add_subcommand("metrics", "the same for Prometheus, in its text format")
        ->callback([&session] { metrics(session); });
}

} // namespace usherd::ctl
