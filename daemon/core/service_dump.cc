// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/core/service_dump.h"

#include <array>
#include <optional>
#include <syslog.h>

#include <fmt/format.h>

#include "config-parser/address_syntax.h"
#include "config-parser/attribute_table.h"
#include "config-parser/value_names.h"
#include "daemon/core/handler_environment.h"

namespace usherd::core {

namespace {

using access::IpAddress;
using config::ServiceFlag;
using config::ServiceType;

template <typename Enum, std::size_t count>
std::string words(config::EnumSet<Enum> set, const std::array<std::string_view, count>& names)
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        if (set.has(static_cast<Enum>(i)))
            text.append(1, ' ').append(names[i]);
    return text;
}

std::string joined(const std::vector<std::string>& list)
{
    std::string text;
    for (const std::string& word : list)
        text.append(1, ' ').append(word);
    return text;
}

std::optional<IpAddress> numeric_address(const std::string& text)
{
    const auto short_form = config::parse_numeric_ipv4(text);
    return short_form ? short_form : IpAddress::parse(text);
}

/// Writes the lines of one spec.
class Writer {
public:
    Writer(std::string& text, const config::ServiceSpec& spec, const DumpSurroundings& around,
           std::string_view indent)
        : text_(text), spec_(spec), around_(around), indent_(indent)
    {
    }

    void service();
    void defaults();

private:
    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args)
    {
        text_ += indent_;
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        text_ += '\n';
    }
    enum class Given { not_at_all, inherited, here };
    [[nodiscard]] Given given(std::string_view attribute) const;
    [[nodiscard]] bool is_here(std::string_view attribute) const
    {
        return given(attribute) == Given::here;
    }
    [[nodiscard]] std::string name_of(const IpAddress& address) const;

    void kind();
    void identity();
    void limits();
    void bind();
    void program();
    void rpc();
    void access();
    void log();
    enum class Strings : std::uint8_t { shown, hidden };
    void environment(Strings strings);

    std::string& text_;
    const config::ServiceSpec& spec_;
    const DumpSurroundings& around_;
    std::string_view indent_;
};

Writer::Given Writer::given(std::string_view attribute) const
{
    const auto row = config::find_attribute(attribute);
    const auto origin = row ? spec_.origin_of(*row) : std::nullopt;
    if (!origin)
        return Given::not_at_all;
    return origin->inherited ? Given::inherited : Given::here;
}

std::string Writer::name_of(const IpAddress& address) const
{
    const auto found = around_.host_names.find(address);
    return found == around_.host_names.end() ? to_string(address) : found->second;
}

/// The family flag is that of the socket, given or not.
config::EnumSet<ServiceFlag> shown_flags(const config::ServiceSpec& spec)
{
    auto flags = spec.flags;
    bool ipv4 = flags.has(ServiceFlag::ipv4) && !flags.has(ServiceFlag::ipv6);
    if (!spec.endpoints.empty()) {
        const auto* inet = std::get_if<config::InetEndpoint>(&spec.endpoints.front());
        if (inet == nullptr)
            return flags;
        ipv4 = inet->family == access::Family::ipv4;
    }
    flags.remove(ipv4 ? ServiceFlag::ipv6 : ServiceFlag::ipv4);
    flags.add(ipv4 ? ServiceFlag::ipv4 : ServiceFlag::ipv6);
    return flags;
}

void Writer::kind()
{
    line("id = {}", spec_.id);
    line("flags ={}", words(shown_flags(spec_), config::flag_names));
    auto types = spec_.types;
    if (spec_.flags.has(ServiceFlag::intercept))
        types.add(ServiceType::internal); // xinetd runs its interceptor inside
    if (!types.empty())
        line("type ={}", words(types, config::type_names));
    line("socket_type = {}",
         config::socket_type_names.at(static_cast<std::size_t>(spec_.socket_type)));
    line("Protocol (name,number) = ({},{})", spec_.settings->protocol.name,
         spec_.settings->protocol.number);
    if (spec_.port)
        line("port = {}", *spec_.port);
}

void Writer::identity()
{
    line("wait = {}", spec_.wait ? "yes" : "no");
    // As xinetd shows them: with a sign.
    if (spec_.process->user)
        line("user = {}", static_cast<std::int32_t>(spec_.process->user->uid));
    if (spec_.process->group)
        line("group = {}", static_cast<std::int32_t>(spec_.process->group->gid));
}

void Writer::limits()
{
    if (spec_.process->umask)
        line("umask = {:o}", *spec_.process->umask);
    if (spec_.process->nice)
        line("Nice = {}", *spec_.process->nice);
    if (is_here("cps"))
        line("CPS = max conn:{} wait:{}", spec_.policy->cps.rate,
             spec_.policy->cps.hold_off.count());
}

void Writer::bind()
{
    if (!is_here("listen")) {
        const auto* inet = spec_.endpoints.empty()
                               ? nullptr
                               : std::get_if<config::InetEndpoint>(&spec_.endpoints.front());
        const auto numeric = numeric_address(spec_.settings->bind_text.str());
        if (spec_.settings->bind_text.empty())
            line("Bind = All addresses.");
        else if (inet != nullptr && inet->address)
            line("Bind = {}", name_of(*inet->address));
        else if (inet != nullptr) // however it is written
            line("Bind = {}", inet->family == access::Family::ipv4 ? "0.0.0.0" : "::");
        else if (numeric)
            line("Bind = {}", name_of(*numeric));
        else
            line("Bind = {}", spec_.settings->bind_text.str());
        return;
    }
    std::string list;
    for (const auto& endpoint : spec_.endpoints)
        list.append(1, ' ').append(to_string(endpoint));
    line("Listen ={}", list);
}

void Writer::program()
{
    if (!spec_.settings->redirect && !spec_.is_internal() &&
        !spec_.flags.has(ServiceFlag::intercept)) {
        const bool nameless = spec_.flags.has(ServiceFlag::nameinargs) &&
                              !spec_.process->argv.empty() && spec_.process->argv[0].empty();
        line("Server = {}", spec_.process->server);
        line("Server argv ={}", spec_.process->argv.empty() ? " (NULL)"
                                : nameless                  ? ""
                                                            : joined(spec_.process->argv));
    }
    if (spec_.settings->libwrap_name_given)
        line("Libwrap = {}", spec_.settings->libwrap_name.str());
    if (spec_.settings->redirect) {
        const auto& addresses = spec_.settings->redirect->addresses;
        line("Redirect = {}:{}",
             addresses.empty() ? spec_.settings->redirect->host : name_of(addresses.front()),
             spec_.settings->redirect->port);
    }
    if (const auto& times = spec_.policy->access_times; times) {
        std::string list;
        for (const auto& window : *times)
            fmt::format_to(std::back_inserter(list), " {:02}:{:02}-{:02}:{:02}",
                           window.from.value / 60, window.from.value % 60, window.to.value / 60,
                           window.to.value % 60);
        line("Access times ={}", list);
    }
    rpc();
}

void Writer::rpc()
{
    if (!spec_.types.has(ServiceType::rpc) || !spec_.settings->rpc)
        return;
    line("RPC data");
    line("\tprogram number = {}", spec_.settings->rpc->program);
    if (spec_.settings->rpc->first_version == spec_.settings->rpc->last_version)
        line("\trpc_version = {}", spec_.settings->rpc->first_version);
    else
        line("\trpc_version = {}-{}", spec_.settings->rpc->first_version,
             spec_.settings->rpc->last_version);
}

void Writer::access()
{
    static const config::ShownLists no_lists;
    const auto& lists = spec_.shown_lists == nullptr ? no_lists : *spec_.shown_lists;
    const auto list = [](const std::string& shown, std::string_view none) {
        return shown.empty() ? none : std::string_view{shown};
    };
    // xinetd has two blanks before the first word of a list, one of them the word's own.
    line("Only from: {}", list(lists.only_from, "All sites"));
    line("No access: {}", list(lists.no_access, "No blocked sites"));
    if (spec_.flags.has(ServiceFlag::sensor))
        line("Deny Time: {}", spec_.settings->deny_time.value_or(config::deny_never));
}

void Writer::log()
{
    const auto* file = std::get_if<config::FileTarget>(&spec_.settings->log_target);
    if (std::holds_alternative<std::monostate>(spec_.settings->log_target)) {
        line("No logging");
        return;
    }
    if (const auto* syslog = std::get_if<config::SyslogTarget>(&spec_.settings->log_target))
        line("Logging to syslog. Facility = {}, level = {}",
             config::facility_names.at(static_cast<std::size_t>(LOG_FAC(syslog->facility))),
             config::level_names.at(static_cast<std::size_t>(LOG_PRI(syslog->level))));
    else if (spec_.settings->log_target_inherited)
        line("Logging to common log file");
    else if (file->soft_limit == 0)
        line("Logging to file: {} (no limits)", file->path);
    else
        line("Logging to file: {} (soft={} hard={})", file->path, file->soft_limit,
             file->hard_limit);
    line("Log_on_success flags ={}", words(spec_.settings->log_on_success, config::success_names));
    line("Log_on_failure flags ={}", words(spec_.settings->log_on_failure, config::failure_names));
}

void Writer::environment(Strings strings)
{
    if (spec_.process->passenv)
        line("Passenv ={}", joined(*spec_.process->passenv));
    if (is_here("env")) {
        line("Environment additions:");
        for (const std::string& variable : spec_.process->env)
            line("\t{}", variable);
    }
    if (strings == Strings::hidden || (!is_here("env") && !is_here("passenv")))
        return;
    line("Environment strings:");
    for (const std::string& variable : base_environment(spec_, around_.environment))
        line("\t{}", variable);
}

std::string instances_text(std::uint32_t count)
{
    return count == access::unlimited ? "UNLIMITED" : fmt::format("{}", count);
}

std::string per_source_text(std::uint32_t count)
{
    return count == access::unlimited ? "-1" : fmt::format("{}", count);
}

void Writer::service()
{
    kind();
    if (is_here("instances"))
        line("Instances = {}", instances_text(spec_.policy->instances));
    identity();
    line("Groups = {}", spec_.process->groups ? "yes" : "no");
    limits();
    line("PER_SOURCE = {}", per_source_text(spec_.policy->per_source));
    bind();
    program();
    access();
    log();
    environment(Strings::shown);
}

void Writer::defaults()
{
    if (is_here("instances"))
        line("Instances = {}", instances_text(spec_.policy->instances));
    if (is_here("groups"))
        line("Groups = {}", spec_.process->groups ? "yes" : "no");
    limits();
    if (is_here("per_source"))
        line("PER_SOURCE = {}", per_source_text(spec_.policy->per_source));
    bind();
    access();
    log();
    environment(around_.defaults_used ? Strings::shown : Strings::hidden);
}

} // namespace

void append_service_configuration(std::string& text, const config::ServiceSpec& spec,
                                  const DumpSurroundings& around, std::string_view indent)
{
    Writer(text, spec, around, indent).service();
}

void append_defaults(std::string& text, const config::ServiceSpec& defaults,
                     const DumpSurroundings& around, std::string_view indent)
{
    Writer(text, defaults, around, indent).defaults();
}

std::vector<access::IpAddress> shown_addresses(const config::ServiceSpec& spec)
{
    std::vector<access::IpAddress> addresses;
    if (!spec.endpoints.empty() && !spec.settings->bind_text.empty()) {
        const auto* inet = std::get_if<config::InetEndpoint>(&spec.endpoints.front());
        if (inet != nullptr && inet->address)
            addresses.push_back(*inet->address);
    } else if (const auto numeric = numeric_address(spec.settings->bind_text.str())) {
        addresses.push_back(*numeric);
    }
    if (spec.settings->redirect && !spec.settings->redirect->addresses.empty())
        addresses.push_back(spec.settings->redirect->addresses.front());
    return addresses;
}

} // namespace usherd::core
