// SPDX-License-Identifier: BSD-2-Clause
//
// The command line of usherd: xinetd's options with one dash, ours with two. Text in, values out.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config-parser/inetd_front_end.h"
#include "daemon/log.h"

namespace usherd::daemon {

enum class CheckMode : std::uint8_t { off, on, strict }; ///< strict: warnings count (exit 1)
enum class OnStop : std::uint8_t { leave, end };         ///< what TERM does to running handlers

struct Options {
    std::string program = "usherd"; ///< base name of argv[0]
    bool as_xinetd = false;         ///< started by the name `xinetd`
    std::string config_file;        ///< as given, or the default of the name
    bool config_given = false;
    std::string base_directory;         ///< absolute; relative paths in files go from here
    bool debug = false;                 ///< -d
    bool foreground = false;            ///< -dontfork, --foreground, -d
    bool foreground_for_people = false; ///< --foreground: logs on stderr, INT ends it
    bool stay_alive = false;
    std::optional<int> syslog_facility; ///< shifted, as in <syslog.h>
    std::string filelog;
    std::string pid_file;
    std::uint32_t process_limit = 0;              ///< -limit; 0: none
    std::uint32_t ident_process_limit = 15;       ///< -logprocs
    std::chrono::seconds consistency_interval{0}; ///< -cc
    bool inetd_compat = false;
    config::InetdDialect inetd_dialect = config::InetdDialect::bsd; ///< gnu: -inetd_ipv6
    CheckMode check = CheckMode::off;
    bool list_attributes = false;
    std::optional<std::string> status_socket; ///< as given; empty: --no-status-socket
    std::string http;                         ///< ADDRESS:PORT; empty: none
    bool http_allow_remote = false;
    std::uint32_t event_ring = 10'000;
    std::optional<unsigned> spawn_workers; ///< 0: the loop itself; see worker_count()
    OnStop on_stop = OnStop::leave;
    LogFormat log_format = LogFormat::text;
    std::uint16_t port_offset = 0;
    bool trust_files = false;         ///< read what others can write; always when started as xinetd
    bool core_dumps = false;          ///< of a daemon that runs as root
    bool no_new_privs = false;        ///< for the daemon and all that it starts
    std::vector<std::string> remarks; ///< for the log: options ignored
};

/// The program has nothing more to do: print `text` (to stderr if `to_stderr`) and exit.
struct EarlyExit {
    int status = 0;
    std::string text;
    bool to_stderr = false;
};

/// Unknown options with one dash are ignored with a remark, as xinetd ignores them; a stray word or
/// a malformed argument ends the program with status 1.
/// @see usherd(8), OPTIONS
[[nodiscard]] std::variant<Options, EarlyExit> parse_options(int argc, char** argv);

/// --spawn-workers; without it none where the loop can make children itself, else as many as there
/// are processors, at most 4.
[[nodiscard]] unsigned worker_count(const Options& options) noexcept;

[[nodiscard]] std::string help_text();
/// `usherd 0.1.0`
[[nodiscard]] std::string version_text();
/// `libwrap loadavg`: what xinetd has as an option of its build and this one has.
[[nodiscard]] std::string features_text();

} // namespace usherd::daemon
