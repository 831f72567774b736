// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/state_dump.h"

#include <algorithm>

#include <fmt/format.h>

namespace usherd::core {

namespace {

using State = DumpService::State;

template <typename... Args>
void add(std::string& text, fmt::format_string<Args...> format, Args&&... args)
{
    fmt::format_to(std::back_inserter(text), format, std::forward<Args>(args)...);
}

const char* name(State state)
{
    switch (state) {
    case State::not_started:
        return "Not started";
    case State::active:
        return "Active";
    case State::suspended:
        return "Suspended";
    case State::disabled:
        break;
    }
    return "Disabled";
}

std::string joined(const std::vector<int>& numbers)
{
    std::string text;
    for (const int number : numbers)
        add(text, " {}", number);
    return text;
}

void append_service(std::string& text, const DumpService& service, const DumpSurroundings& around)
{
    add(text, "Service = {}\n\tState = {}\n\tService configuration: {}\n", service.spec->name,
        name(service.state), service.spec->name);
    append_service_configuration(text, *service.spec, around, "\t\t");
    if (service.state == State::active)
        add(text,
            "\trunning servers = {}\n\tretry servers = {}\n\tattempts = 0\n\tservice fd ={}\n",
            service.running, service.retries, joined(service.sockets));
    text += '\n';
}

void append_server(std::string& text, const DumpServer& server)
{
    add(text, "{} server\n", server.id);
    if (server.pid > 0)
        add(text, "pid = {}\nstart_time = {}\n", server.pid, server.start_time);
    const bool borrows = server.descriptor >= 0;
    add(text, "Connection info:\n\tservice = {}\n\tdescriptor = {}\n\tflags = {}\n", server.id,
        server.descriptor, borrows ? 1 : 3);
    add(text, "\tremote_address = {},{}\n",
        server.peer ? access::log_text(*server.peer) : "<no address>",
        server.peer ? server.peer->port : 0);
    if (server.fork_failures > 0)
        add(text, "fork_failures = {}\n", server.fork_failures);
    const char* const logs_user = server.logs_user ? "YES" : "NO";
    add(text, "log_remote_user = {}\nwrites_to_log = {}\n\n", logs_user, logs_user);
}

void append_servers(std::string& text, const DumpFacts& facts)
{
    text += "Server table dump:\n";
    for (const DumpServer& server : facts.servers)
        append_server(text, server);
    text += "\nRetry table dump:\n";
    for (const DumpServer& server : facts.retries)
        append_server(text, server);
    text += '\n';
}

void append_descriptors(std::string& text, const DumpFacts& facts)
{
    std::vector<int> mask;
    for (const DumpService& service : facts.services)
        mask.insert(mask.end(), service.sockets.begin(), service.sockets.end());
    add(text, "Socket mask:{}\npfds_last = {}\n", joined(mask), mask.size());
    std::sort(mask.begin(), mask.end());
    std::vector<int> others;
    std::set_difference(facts.descriptors.begin(), facts.descriptors.end(), mask.begin(),
                        mask.end(), std::back_inserter(others));
    add(text, "Open descriptors (not in socket mask):{}\n\n", joined(others));
}

void append_counters(std::string& text, const DumpFacts& facts)
{
    const auto count = [&facts](auto&& matches) {
        return std::count_if(facts.services.begin(), facts.services.end(), matches);
    };
    const std::uint64_t open = facts.descriptors.size();
    add(text, "active_services = {}\navailable_services = {}\n",
        count([](const DumpService& service) { return service.state == State::active; }),
        count([](const DumpService& service) {
            return service.state == State::active || service.state == State::suspended;
        }));
    add(text, "descriptors_free = {}\nrunning_servers = {}\nLogging service = enabled\n\n",
        facts.max_descriptors - std::min(facts.max_descriptors, open), facts.servers.size());
    add(text, "max_descriptors = {}\nprocess_limit = {}\nconfig_file = {}\n\nEND OF DUMP\n\n",
        facts.max_descriptors, facts.process_limit, facts.config_file);
}

} // namespace

std::string state_dump(const DumpFacts& facts)
{
    constexpr std::size_t usual_service = 800;
    std::string text;
    text.reserve((facts.services.size() + 2) * usual_service);
    add(text, "INTERNAL STATE DUMP: {}\nCurrent time: {}\n\nServices + defaults:\n", facts.version,
        facts.current_time);
    text += "Service defaults\n";
    if (facts.defaults != nullptr)
        append_defaults(text, *facts.defaults, facts.around, "\t");
    for (const DumpService& service : facts.services)
        append_service(text, service, facts.around);
    append_servers(text, facts);
    append_descriptors(text, facts);
    append_counters(text, facts);
    return text;
}

std::string
configuration_dump(const config::ServiceSpec& defaults,
                   const std::vector<std::shared_ptr<const config::ServiceSpec>>& services,
                   const DumpSurroundings& around)
{
    std::string text = "Service defaults\n";
    append_defaults(text, defaults, around, "\t");
    text += '\n';
    for (const auto& spec : services) {
        add(text, "Service configuration: {}\n", spec->name);
        append_service_configuration(text, *spec, around, "\t");
        text += '\n';
    }
    return text;
}

} // namespace usherd::core
