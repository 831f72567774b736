// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <getopt.h>
#include <limits>
#include <string_view>
#include <syslog.h>
#include <unistd.h>

#include <fmt/format.h>

#include "daemon/http_listener.h"
#include "daemon/launcher.h"
#include "daemon/wrappers.h"

namespace usherd::daemon {

namespace {

enum Code : int {
    opt_filelog = 256,
    opt_syslog,
    opt_pidfile,
    opt_dontfork,
    opt_stayalive,
    opt_limit,
    opt_logprocs,
    opt_cc,
    opt_reuse,
    opt_inetd_compat,
    opt_inetd_ipv6,
    opt_version,
    opt_shutdownprocs,
    opt_foreground,
    opt_check,
    opt_status_socket,
    opt_no_status_socket,
    opt_http,
    opt_http_allow_remote,
    opt_event_ring,
    opt_spawn_workers,
    opt_on_stop,
    opt_log_format,
    opt_port_offset,
    opt_trust_files,
    opt_core_dumps,
    opt_no_new_privs,
    opt_list_attributes,
    opt_help,
};

constexpr std::array long_options{
    // As long ones: `-foo` is an unknown word to xinetd, not `-f oo`.
    option{"d", no_argument, nullptr, 'd'},
    option{"f", required_argument, nullptr, 'f'},
    option{"filelog", required_argument, nullptr, opt_filelog},
    option{"syslog", required_argument, nullptr, opt_syslog},
    option{"pidfile", required_argument, nullptr, opt_pidfile},
    option{"dontfork", no_argument, nullptr, opt_dontfork},
    option{"stayalive", no_argument, nullptr, opt_stayalive},
    option{"limit", required_argument, nullptr, opt_limit},
    option{"logprocs", required_argument, nullptr, opt_logprocs},
    option{"cc", required_argument, nullptr, opt_cc},
    option{"reuse", no_argument, nullptr, opt_reuse},
    option{"inetd_compat", no_argument, nullptr, opt_inetd_compat},
    option{"inetd_ipv6", no_argument, nullptr, opt_inetd_ipv6},
    option{"version", no_argument, nullptr, opt_version},
    option{"shutdownprocs", required_argument, nullptr, opt_shutdownprocs},
    option{"foreground", no_argument, nullptr, opt_foreground},
    option{"check", optional_argument, nullptr, opt_check},
    option{"status-socket", required_argument, nullptr, opt_status_socket},
    option{"no-status-socket", no_argument, nullptr, opt_no_status_socket},
    option{"http", required_argument, nullptr, opt_http},
    option{"http-allow-remote", no_argument, nullptr, opt_http_allow_remote},
    option{"event-ring", required_argument, nullptr, opt_event_ring},
    option{"spawn-workers", required_argument, nullptr, opt_spawn_workers},
    option{"on-stop", required_argument, nullptr, opt_on_stop},
    option{"log-format", required_argument, nullptr, opt_log_format},
    option{"port-offset", required_argument, nullptr, opt_port_offset},
    option{"trust-files", no_argument, nullptr, opt_trust_files},
    option{"core-dumps", no_argument, nullptr, opt_core_dumps},
    option{"no-new-privs", no_argument, nullptr, opt_no_new_privs},
    option{"list-attributes", no_argument, nullptr, opt_list_attributes},
    option{"help", no_argument, nullptr, opt_help},
    option{nullptr, 0, nullptr, 0},
};

struct Facility {
    std::string_view name;
    int value;
};
constexpr std::array facilities{
    Facility{"daemon", LOG_DAEMON},     Facility{"auth", LOG_AUTH},
    Facility{"authpriv", LOG_AUTHPRIV}, Facility{"user", LOG_USER},
    Facility{"mail", LOG_MAIL},         Facility{"lpr", LOG_LPR},
    Facility{"news", LOG_NEWS},         Facility{"uucp", LOG_UUCP},
    Facility{"ftp", LOG_FTP},           Facility{"local0", LOG_LOCAL0},
    Facility{"local1", LOG_LOCAL1},     Facility{"local2", LOG_LOCAL2},
    Facility{"local3", LOG_LOCAL3},     Facility{"local4", LOG_LOCAL4},
    Facility{"local5", LOG_LOCAL5},     Facility{"local6", LOG_LOCAL6},
    Facility{"local7", LOG_LOCAL7},
};

constexpr std::string_view usage =
    "Usage: {} [-d] [-f config_file] [-filelog filename] [-syslog facility] [-pidfile file] "
    "[-dontfork] [-stayalive] [-limit proc_limit] [-logprocs limit] [-cc interval] [-reuse] "
    "[-inetd_compat] [-inetd_ipv6] [-version] [--foreground] [--check] [--help]\n";

template <typename Number>
std::optional<Number> parse_number(std::string_view text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// Walks the command line; the first mistake ends the program.
class Parser {
public:
    explicit Parser(std::string_view program) { options_.program = program; }

    std::variant<Options, EarlyExit> run(int argc, char** argv);

private:
    void take(int code, const char* argument);
    void take_xinetd(int code, const char* argument);
    void take_ours(int code, const char* argument);
    void take_switch(int code);
    void take_syslog(std::string_view name);
    template <typename Number>
    void take_number(Number& into, const char* argument, std::string_view name, Number minimum,
                     Number maximum);
    void fail(std::string what);
    void check_combinations();

    Options options_;
    std::optional<EarlyExit> exit_;
};

void Parser::fail(std::string what)
{
    if (!exit_)
        exit_ = EarlyExit{1,
                          fmt::format("{}: {}\n", options_.program, what) +
                              fmt::format(fmt::runtime(usage), options_.program),
                          true};
}

template <typename Number>
void Parser::take_number(Number& into, const char* argument, std::string_view name, Number minimum,
                         Number maximum)
{
    const auto value = parse_number<Number>(argument);
    if (!value || *value < minimum || *value > maximum)
        return fail(fmt::format("{}: expected a number from {} to {}, found '{}'", name, minimum,
                                maximum, argument));
    into = *value;
}

void Parser::take_syslog(std::string_view name)
{
    const auto* found = std::find_if(facilities.begin(), facilities.end(),
                                     [name](const Facility& f) { return f.name == name; });
    if (found == facilities.end()) {
        options_.remarks.push_back(fmt::format("unknown syslog facility '{}', using daemon", name));
        options_.syslog_facility = LOG_DAEMON;
        return;
    }
    options_.syslog_facility = found->value;
}

/// Switches that say one thing.
struct Switch {
    int code;
    bool Options::*option;
};
constexpr std::array switches{
    Switch{opt_stayalive, &Options::stay_alive},
    Switch{opt_inetd_compat, &Options::inetd_compat},
    Switch{opt_http_allow_remote, &Options::http_allow_remote},
    Switch{opt_trust_files, &Options::trust_files},
    Switch{opt_core_dumps, &Options::core_dumps},
    Switch{opt_no_new_privs, &Options::no_new_privs},
    Switch{opt_list_attributes, &Options::list_attributes},
};

void Parser::take_switch(int code)
{
    for (const Switch& one : switches)
        if (one.code == code)
            options_.*one.option = true;
    switch (code) {
    case 'd':
        options_.debug = options_.foreground = true;
        break;
    case opt_dontfork:
        options_.foreground = options_.stay_alive = true;
        break;
    case opt_foreground:
        options_.foreground = options_.stay_alive = options_.foreground_for_people = true;
        break;
    case opt_inetd_ipv6:
        options_.inetd_dialect = config::InetdDialect::gnu;
        break;
    case opt_no_status_socket:
        options_.status_socket.emplace();
        break;
    default: // one of `switches`; -reuse has no effect, as with xinetd
        break;
    }
}

void Parser::take_xinetd(int code, const char* argument)
{
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    switch (code) {
    case 'f':
        options_.config_file = argument;
        options_.config_given = true;
        break;
    case opt_filelog:
        options_.filelog = argument;
        break;
    case opt_syslog:
        take_syslog(argument);
        break;
    case opt_pidfile:
        options_.pid_file = argument;
        break;
    case opt_limit:
        // xinetd takes -1 for "huge".
        if (std::string_view(argument) == "-1")
            options_.process_limit = most;
        else
            take_number<std::uint32_t>(options_.process_limit, argument, "-limit", 0, most);
        break;
    case opt_logprocs:
        take_number<std::uint32_t>(options_.ident_process_limit, argument, "-logprocs", 0, most);
        break;
    case opt_cc: {
        std::uint32_t seconds = 0;
        take_number<std::uint32_t>(seconds, argument, "-cc", 0, 86'400);
        options_.consistency_interval = std::chrono::seconds(seconds);
        break;
    }
    case opt_shutdownprocs:
        options_.remarks.emplace_back("The shutdownprocs option has been deprecated.");
        break;
    default:
        take_switch(code);
    }
}

void Parser::take_ours(int code, const char* argument)
{
    const std::string_view text = argument != nullptr ? argument : "";
    switch (code) {
    case opt_check:
        if (!text.empty() && text != "strict")
            fail(fmt::format("--check: expected 'strict' or nothing, found '{}'", text));
        options_.check = text.empty() ? CheckMode::on : CheckMode::strict;
        break;
    case opt_status_socket:
        options_.status_socket = text;
        break;
    case opt_http:
        options_.http = text;
        break;
    case opt_event_ring:
        take_number<std::uint32_t>(options_.event_ring, argument, "--event-ring", 0, 10'000'000);
        break;
    case opt_spawn_workers:
        take_number<unsigned>(options_.spawn_workers.emplace(), argument, "--spawn-workers", 0,
                              most_spawn_workers);
        break;
    case opt_on_stop:
        if (text != "leave" && text != "end")
            fail(fmt::format("--on-stop: expected 'leave' or 'end', found '{}'", text));
        options_.on_stop = text == "end" ? OnStop::end : OnStop::leave;
        break;
    case opt_log_format:
        if (text != "text" && text != "json")
            fail(fmt::format("--log-format: expected 'text' or 'json', found '{}'", text));
        options_.log_format = text == "json" ? LogFormat::json : LogFormat::text;
        break;
    case opt_port_offset:
        take_number<std::uint16_t>(options_.port_offset, argument, "--port-offset", 0, 65'535);
        break;
    default:
        take_xinetd(code, argument);
    }
}

void Parser::take(int code, const char* argument)
{
    if (code == opt_help)
        exit_ = EarlyExit{0, help_text(), false};
    else if (code == opt_version)
        exit_ = EarlyExit{0, version_text() + ' ' + features_text() + '\n', true};
    else
        take_ours(code, argument);
}

void Parser::check_combinations()
{
    if (!options_.filelog.empty() && options_.syslog_facility)
        fail("-filelog and -syslog exclude each other");
    if (options_.http.empty())
        return;
    const auto where = parse_http_address(options_.http);
    if (!where)
        return fail(
            fmt::format("--http: expected ADDRESS:PORT in numbers, found '{}'", options_.http));
    if (!where->address.is_loopback() && !options_.http_allow_remote)
        fail(fmt::format("--http: {} is not this machine alone; --http-allow-remote permits it",
                         options_.http));
}

std::variant<Options, EarlyExit> Parser::run(int argc, char** argv)
{
    optind = 0; // GNU: start afresh, for tests
    opterr = 0;
    while (!exit_) {
        const int at = std::max(optind, 1);
        // '+': stop at the first word that is no option; ':': tell a missing argument apart.
        const int code = ::getopt_long_only(argc, argv, "+:", long_options.data(), nullptr);
        if (code == -1)
            break;
        if (code == ':')
            fail(fmt::format("{}: an argument is missing", argv[at]));
        else if (code == '?' && std::string_view(argv[at]).starts_with("--"))
            fail(fmt::format("unknown option '{}'", argv[at]));
        else if (code == '?')
            options_.remarks.push_back(fmt::format("unknown option '{}' ignored", argv[at]));
        else
            take(code, optarg);
    }
    if (!exit_ && optind < argc)
        fail(fmt::format("unexpected word '{}'", argv[optind]));
    check_combinations();
    if (exit_)
        return *exit_;
    return options_;
}

} // namespace

std::variant<Options, EarlyExit> parse_options(int argc, char** argv)
{
    std::string_view program = argc > 0 ? argv[0] : "usherd";
    program.remove_prefix(std::min(program.rfind('/') + 1, program.size()));
    auto parsed = Parser(program).run(argc, argv);
    if (auto* options = std::get_if<Options>(&parsed)) {
        options->as_xinetd = program == "xinetd";
        options->trust_files = options->trust_files || options->as_xinetd;
        if (!options->config_given)
            options->config_file =
                options->as_xinetd ? "/etc/xinetd.conf" : "/etc/usherd/usherd.conf";
        if (options->as_xinetd)
            options->inetd_dialect = config::InetdDialect::xinetd;
    }
    return parsed;
}

unsigned worker_count(const Options& options) noexcept
{
    if (options.spawn_workers)
        return *options.spawn_workers;
    if (loop_makes_children())
        return 0;
    const auto processors = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
    return std::min(processors, most_spawn_workers);
}

std::string features_text()
{
    return has_libwrap() ? "libwrap loadavg" : "loadavg";
}

std::string version_text()
{
    return "usherd " USHERD_VERSION;
}

} // namespace usherd::daemon
