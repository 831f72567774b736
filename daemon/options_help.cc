// SPDX-License-Identifier: BSD-2-Clause
//
// What --help prints; scripts/check-man.sh compares it with the manual page.

#include "daemon/options.h"

namespace usherd::daemon {

namespace {

constexpr const char* text =
    "usherd - xinetd-compatible extended super-server\n\n"
    "Usage: usherd [OPTION]...\n\n"
    "As xinetd has them (one dash; unknown ones are ignored):\n"
    "  -d                       debug: stay in the foreground, log everything to stderr\n"
    "  -f FILE                  configuration file (default /etc/usherd/usherd.conf;\n"
    "                           /etc/xinetd.conf when started as xinetd)\n"
    "  -dontfork                stay in the foreground; implies -stayalive\n"
    "  -stayalive               keep running without services\n"
    "  -syslog FACILITY         daemon messages to this syslog facility\n"
    "  -filelog FILE            daemon messages to FILE\n"
    "  -pidfile FILE            write the process number to FILE\n"
    "  -limit N                 at most N handlers of all services; 0: no limit\n"
    "  -logprocs N              at most N ident look-ups at a time\n"
    "  -cc SECONDS              check the internal tables every so often\n"
    "  -inetd_compat            read /etc/inetd.conf, too, after the configuration\n"
    "  -inetd_ipv6              there, tcp6 and udp6 are for IPv4 clients, too\n"
    "  -reuse                   accepted, without effect\n"
    "  -shutdownprocs N         accepted, deprecated\n"
    "  -version                 print the version to stderr\n\n"
    "usherd's own (two dashes):\n"
    "  --foreground             stay in the foreground with logs on stderr; INT ends it\n"
    "  --check[=strict]         read the configuration, print what is wrong with it;\n"
    "                           exit 0 clean, 1 warnings (strict only), 2 errors\n"
    "  --status-socket PATH     where to answer questions (default\n"
    "                           /run/usherd/status.sock); see usherd-status(7)\n"
    "  --no-status-socket       answer none\n"
    "  --event-ring N           keep the last N events for it (default 10,000)\n"
    "  --http ADDRESS:PORT      answer questions there too, with a page for browsers\n"
    "  --http-allow-remote      also where other machines reach it\n"
    "  --spawn-workers N        threads that start handlers, 1 to 4; 0: none (default)\n"
    "  --on-stop leave|end      what TERM does to running handlers (default leave)\n"
    "  --log-format text|json   of the daemon's log on stderr and in files\n"
    "  --port-offset N          add N to every TCP and UDP port\n"
    "  --trust-files            read files and directories that others can write, as "
    "xinetd\n"
    "                           does and as this daemon does when started as xinetd\n"
    "  --core-dumps             let a daemon of root dump core\n"
    "  --no-new-privs           nobody gains privileges by a set-user-ID program\n"
    "  --list-attributes        print the name of every attribute, one a line\n"
    "  --help                   this text\n\n"
    "See usherd(8) and usherd.conf(5).\n";

} // namespace

std::string help_text()
{
    return text;
}

} // namespace usherd::daemon
