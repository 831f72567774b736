// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon closes the service and says when its last handler has ended; this looks several times
// a second. An interrupted usherctl leaves the service draining.

#include "daemon/ctl/drain_command.h"

#include <algorithm>
#include <memory>
#include <poll.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/ctl/answer.h"
#include "daemon/ctl/clock.h"
#include "daemon/ctl/render.h"
#include "daemon/ctl/terminal.h"

namespace usherd::ctl {

namespace {

using std::chrono::seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds between_looks{200};
/// After KILL: for the kernel, and for a daemon that has much to do.
constexpr seconds after_kill{10};

struct DrainOptions {
    std::string service;
    std::string timeout;
    bool kill = false;
};

/// All services of the id, which need not be unique.
struct Look {
    bool is_drained = true;
    bool is_open = false; ///< somebody, or a reload, has opened one of them again
    std::uint64_t running = 0;
    seconds kill_grace{};
};

Look to_look(const control::ServiceDetails& details)
{
    Look look;
    for (const control::ServiceDetail& one : details.services) {
        const control::ServiceSummary& service = one.summary;
        look.running += service.running;
        look.is_drained = look.is_drained && service.state == "disabled" && service.running == 0;
        look.is_open = look.is_open || (service.state != "disabled" && service.state != "draining");
        for (const control::AttributeValue& attribute : one.attributes)
            if (attribute.name == "kill_grace")
                look.kill_grace =
                    std::max(look.kill_grace, parse_duration(attribute.value).value_or(seconds{}));
    }
    return look;
}

class Drain {
public:
    Drain(const DrainOptions& options, std::optional<seconds> timeout, Session& session)
        : options_(options), name_(harmless(options.service)), session_(session)
    {
        if (timeout)
            deadline_ = std::chrono::steady_clock::now() + *timeout;
    }

    void run()
    {
        if (!order(false))
            return;
        for (std::optional<Look> look = ask_daemon(); look; look = ask_daemon()) {
            if (look->is_open) {
                session_.complain(name_ + " has been opened again meanwhile");
                return finish(false);
            }
            tell(*look);
            if (look->is_drained)
                return finish(true);
            if (deadline_ && std::chrono::steady_clock::now() >= *deadline_ && !go_on(*look))
                return finish(false);
            (void)::poll(nullptr, 0, static_cast<int>(between_looks.count()));
        }
    }

private:
    bool order(bool kill)
    {
        return fetch_text(session_,
                          control::SwitchService{options_.service, control::Switch::drain, kill})
            .has_value();
    }
    std::optional<Look> ask_daemon()
    {
        const auto body = fetch_text(session_, control::GetService{options_.service});
        const auto details = body ? decode<control::ServiceDetails>(session_, *body) : std::nullopt;
        return details ? std::optional{to_look(*details)} : std::nullopt;
    }
    void tell(const Look& look)
    {
        if (session_.options.json || look.running == told_ || look.is_drained)
            return;
        told_ = look.running;
        session_.print(fmt::format("{}: draining, {} running\n", name_, grouped(look.running)));
        std::fflush(session_.out);
    }
    /// The time is over. @return true if there is more of it, for what has been sent TERM now.
    bool go_on(const Look& look)
    {
        if (!options_.kill || killed_)
            return false;
        killed_ = true;
        if (!session_.options.json)
            session_.print(
                fmt::format("{}: ending what runs: TERM is sent, KILL follows after {}\n", name_,
                            for_people(look.kill_grace)));
        deadline_ = std::chrono::steady_clock::now() + look.kill_grace + after_kill;
        return order(true);
    }
    void finish(bool drained)
    {
        if (!drained)
            session_.status = ExitStatus::no;
        if (drained && !session_.options.json)
            return session_.print(name_ + ": drained\n");
        const auto body = fetch_text(session_, control::GetConnections{options_.service});
        const auto left = body ? decode<control::ConnectionList>(session_, *body) : std::nullopt;
        if (!left)
            return;
        if (!session_.options.json)
            return session_.print(render(*left, now(), style_of(session_)));
        std::string json = control::to_json(*left); // {"connections":[...]}
        json.insert(1, fmt::format("\"drained\":{},", drained));
        session_.print(json + '\n');
    }

    const DrainOptions& options_;
    const std::string name_;
    Session& session_;
    std::optional<SteadyTime> deadline_;
    std::optional<std::uint64_t> told_;
    bool killed_ = false;
};

void drain(const DrainOptions& options, Session& session)
{
    std::optional<seconds> timeout;
    if (!options.timeout.empty()) {
        timeout = parse_duration(options.timeout);
        if (!timeout) {
            session.complain("--timeout: expected a time as 90s, 15m, 2h or 7d, found '" +
                             harmless(options.timeout) + "'");
            session.status = ExitStatus::usage;
            return;
        }
    }
    Drain(options, timeout, session).run();
}

} // namespace

void add_drain_command(CLI::App& app, Session& session)
{
    auto options = std::make_shared<DrainOptions>();
    CLI::App* const command = app.add_subcommand(
        "drain", "close the sockets of a service and wait until its last handler has ended");
    command->add_option("service", options->service, "its id")->required()->option_text("SERVICE");
    CLI::Option* const timeout =
        command
            ->add_option("--timeout", options->timeout,
                         "wait no longer than this: 90s, 15m, 2h, 7d (default: for good)")
            ->option_text("DURATION");
    command->add_flag("--kill", options->kill, "after the timeout end what still runs")
        ->needs(timeout);
    command->callback([options, &session] { drain(*options, session); });
}

} // namespace usherd::ctl
