// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/explain_command.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>

#include <CLI/CLI.hpp>

#include "config-parser/disk_file_source.h"
#include "config-parser/system_name_lookup.h"
#include "daemon/ctl/answer.h"
#include "daemon/ctl/explain.h"
#include "daemon/ctl/render.h"
#include "daemon/ctl/terminal.h"

namespace usherd::ctl {

namespace {

struct ExplainOptions {
    std::string service;
    std::string address;
    std::string at;
    std::string config; ///< empty: ask the daemon
    std::string host_name;
};

constexpr const char* default_config = "/etc/usherd/usherd.conf";

/// The name of an address that leads back to it, as the daemon asks for it; empty if there is none.
std::string confirmed_name(const access::IpAddress& address)
{
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_in);
    if (address.family() == access::Family::ipv4) {
        auto& ipv4 = reinterpret_cast<sockaddr_in&>(storage);
        ipv4.sin_family = AF_INET;
        std::memcpy(&ipv4.sin_addr, address.ipv4_bytes().data(), 4);
    } else {
        auto& ipv6 = reinterpret_cast<sockaddr_in6&>(storage);
        ipv6.sin6_family = AF_INET6;
        std::memcpy(&ipv6.sin6_addr, address.bytes().data(), 16);
        length = sizeof(sockaddr_in6);
    }
    std::array<char, NI_MAXHOST> name{};
    if (::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, name.data(), name.size(),
                      nullptr, 0, NI_NAMEREQD) != 0)
        return {};
    config::SystemNameLookup names;
    for (const access::IpAddress& back : names.addresses_of(name.data()))
        if (back == address)
            return name.data();
    return {};
}

/// A complaint, if there is nothing to explain.
void complain_of_service(const config::LoadResult& loaded, const ExplainOptions& options,
                         Session& session)
{
    session.status = ExitStatus::no;
    if (loaded.main_file_unreadable) {
        session.complain(harmless(loaded.refused_because));
        return;
    }
    for (const config::DroppedService& dropped : loaded.dropped)
        if (dropped.id == options.service || dropped.name == options.service) {
            session.complain("service '" + harmless(options.service) +
                             "' has an error: " + harmless(dropped.why));
            return;
        }
    session.complain("there is no service '" + harmless(options.service) +
                     "' in the files, or it "
                     "is disabled");
}

std::optional<control::TraceList> from_files(const std::string& path, const sys::LocalMoment& at,
                                             const access::IpAddress& address,
                                             const ExplainOptions& options, Session& session)
{
    config::DiskFiles files;
    config::SystemNameLookup names;
    config::LoadOptions load_options;
    load_options.keep_rule_places = true;
    const auto loaded = config::load(files, names, path, load_options);
    ExplainFacts facts{address, at};
    facts.host_name = options.host_name;
    if (::getloadavg(&facts.load_average, 1) != 1)
        facts.load_average = -1;
    if (facts.host_name.empty() && needs_host_name(loaded, options.service, address))
        facts.host_name = confirmed_name(address);
    auto list = explain_offline(loaded, options.service, facts);
    if (!list.traces.empty())
        return list;
    complain_of_service(loaded, options, session);
    return std::nullopt;
}

/// None: there is none, and a complaint has been made.
std::optional<control::TraceList> find_traces(const ExplainOptions& options,
                                              const sys::LocalMoment& at,
                                              const access::IpAddress& address, Session& session)
{
    if (!options.config.empty())
        return from_files(options.config, at, address, options, session);
    control::GetExplain request{options.service, access::to_string(address), {}, {}};
    if (!options.at.empty())
        request.at = options.at;
    if (!options.host_name.empty())
        request.host_name = options.host_name;
    const auto outcome = Client(session.options.socket).ask(control::to_wire(request));
    if (const auto* error = std::get_if<ClientError>(&outcome)) {
        complain(session, *error);
        if (error->status == ExitStatus::no_daemon)
            session.complain("from files: --config " + std::string(default_config));
        return std::nullopt;
    }
    const auto& reply = std::get<Reply>(outcome);
    if (reply.status != 200) {
        complain(session, reply);
        return std::nullopt;
    }
    return decode<control::TraceList>(session, reply.body);
}

void explain(const ExplainOptions& options, Session& session)
{
    const auto address = access::IpAddress::parse(options.address);
    const auto now = std::chrono::system_clock::now();
    const auto at = options.at.empty() ? std::optional{sys::local_moment(now)}
                                       : sys::parse_local_moment(options.at, now);
    if (!address || !at) {
        session.complain(!address ? "'" + harmless(options.address) + "' is no address"
                                  : "--at: expected a time such as '2027-02-14 03:10' or 03:10, "
                                    "found '" +
                                        harmless(options.at) + "'");
        session.status = ExitStatus::usage;
        return;
    }
    const auto list = find_traces(options, *at, *address, session);
    if (!list)
        return;
    if (session.options.json)
        session.print(control::to_json(*list) + '\n');
    const char* between = "";
    for (const control::Trace& trace : list->traces) {
        if (!session.options.json)
            session.print(between + render(trace, style_of(session)));
        between = "\n";
        if (!trace.admitted)
            session.status = ExitStatus::no;
    }
}

} // namespace

void add_explain_command(CLI::App& app, Session& session)
{
    auto options = std::make_shared<ExplainOptions>();
    CLI::App* const command =
        app.add_subcommand("explain", "whether a client would come in, check by check, and why");
    command->add_option("service", options->service, "its id")->required()->option_text("SERVICE");
    command->add_option("address", options->address, "the client's")
        ->required()
        ->option_text("ADDRESS");
    command->add_option("--at", options->at, "at another time: '2027-02-14 03:10', or 03:10")
        ->option_text("TIME");
    command
        ->add_option("--config", options->config,
                     "from this main file or drop-in, without a daemon")
        ->option_text("FILE");
    command
        ->add_option("--host-name", options->host_name,
                     "of the client, instead of what a look-up would say")
        ->option_text("NAME");
    command->callback([options, &session] { explain(*options, session); });
}

} // namespace usherd::ctl
