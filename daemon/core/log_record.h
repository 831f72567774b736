// SPDX-License-Identifier: BSD-2-Clause
//
// The text of service records, byte for byte as xinetd.log(5) has it: START, EXIT, TRAFFIC,
// FAIL, USERID, NOID.
// Pure.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access-control/decision.h"
#include "config-parser/service_spec.h"

namespace usherd::core {

/// How a server ended.
struct ExitFacts {
    int wait_status = 0; ///< as from waitpid(2)
    int pid = 0;
    std::chrono::seconds duration{0}; ///< whole seconds, as xinetd's time() differences
};

/// `START: ID pid=N from=ADDR`; empty if no log_on_success flag is set. `from=<no address>` without
/// a peer. @param pid 0 for internal services that run inside the daemon.
[[nodiscard]] std::string start_record(const config::ServiceSpec& spec, int pid,
                                       const std::optional<access::Peer>& peer);
/// `EXIT: ID status=N pid=N duration=N(sec)`; empty unless EXIT or DURATION is set.
[[nodiscard]] std::string exit_record(const config::ServiceSpec& spec, const ExitFacts& facts);
/// `TRAFFIC: ID in=N(bytes) out=N(bytes)`; empty unless TRAFFIC is set. @param in from the client
[[nodiscard]] std::string traffic_record(const config::ServiceSpec& spec, std::uint64_t in,
                                         std::uint64_t out);
/// `USERID: ID TEXT`. @param user as an ident server has it; it is escaped here
[[nodiscard]] std::string userid_record(const config::ServiceSpec& spec, std::string_view user);
/// `NOID: ID ADDR EXPLANATION`, whatever is to be logged of failures.
[[nodiscard]] std::string noid_record(const config::ServiceSpec& spec,
                                      const std::optional<access::Peer>& peer,
                                      std::string_view explanation);
/// `FAIL: ID REASON from=ADDR`; empty if no log_on_failure flag is set.
[[nodiscard]] std::string fail_record(const config::ServiceSpec& spec, access::Reason reason,
                                      const std::optional<access::Peer>& peer);

/// `text` with control characters and bytes that are no UTF-8 written as \xNN, \n, \t and so on,
/// and a backslash doubled, so that it can be read back. For text from outside inside a message.
/// @param max_bytes of the result; longer is cut with `...`.
[[nodiscard]] std::string escaped(std::string_view text, std::size_t max_bytes = 2048);
/// The same, but a backslash stays: whoever writes a whole line makes sure of it, and what is
/// escaped already is not escaped twice.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t max_bytes = 2048);

} // namespace usherd::core
