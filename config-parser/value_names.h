// SPDX-License-Identifier: BSD-2-Clause
//
// The words of the enumerations of a ServiceSpec, each at the place of its enumerator, as
// xinetd.conf(5) and the state dump write them.

#pragma once

#include <array>
#include <string_view>

namespace usherd::config {

inline constexpr std::array<std::string_view, 6> type_names{"RPC",     "INTERNAL", "UNLISTED",
                                                            "SPECIAL", "TCPMUX",   "TCPMUXPLUS"};
inline constexpr std::array<std::string_view, 12> flag_names{
    "REUSE",     "INTERCEPT", "NORETRY", "IDONLY", "NAMEINARGS", "NODELAY",
    "KEEPALIVE", "NOLIBWRAP", "SENSOR",  "IPv4",   "IPv6",       "LABELED"};
inline constexpr std::array<std::string_view, 4> socket_type_names{"stream", "dgram", "raw",
                                                                   "seqpacket"};
inline constexpr std::array<std::string_view, 6> success_names{"HOST", "DURATION", "EXIT",
                                                               "PID",  "USERID",   "TRAFFIC"};
inline constexpr std::array<std::string_view, 3> failure_names{"HOST", "ATTEMPT", "USERID"};
inline constexpr std::array<std::string_view, 24> facility_names{
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "12",     "13",     "14",     "15",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
inline constexpr std::array<std::string_view, 8> level_names{"emerg",   "alert",  "crit", "err",
                                                             "warning", "notice", "info", "debug"};

} // namespace usherd::config
