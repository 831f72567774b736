// SPDX-License-Identifier: BSD-2-Clause
//
// The environment of a handler: what xinetd would give it, and the variables of the connection.
// Its layout is made once for each service; only the connection's strings are made each time.
// Pure: the daemon's environment and the addresses are arguments.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access-control/ip_address.h"
#include "config-parser/service_spec.h"

namespace usherd::core {

/// What the daemon has, or of it what `passenv` names, in the order of its names; then `env`. A
/// variable that is there already is replaced where it stands.
[[nodiscard]] std::vector<std::string> base_environment(const config::ServiceSpec& spec,
                                                        const std::vector<std::string>& daemons);

/// What differs from one handler of a service to the next, in the order in which new variables
/// follow the others. The handler's pid is known to nobody before the child itself.
enum class HandlerVariable : std::uint8_t {
    remote_addr,
    remote_port,
    local_addr,
    local_port,
    proto,
    tcp_remote_ip,
    tcp_remote_port,
    tcp_local_ip,
    tcp_local_port,
    remote_host,
    listen_pid,
};
inline constexpr std::size_t handler_variable_count = 11;
/// `REMOTE_ADDR`, …
[[nodiscard]] std::string_view name(HandlerVariable variable) noexcept;

/// One place in a handler's environment: a string that is always the same, or a variable.
using EnvironmentEntry = std::variant<std::string, HandlerVariable>;

/// The daemon's environment, or what `passenv` names of it, then `env` and the handler's variables.
/// @param inherited the daemon's, NAME=value, as at start
/// @see xinetd.conf(5), env, passenv
[[nodiscard]] std::vector<EnvironmentEntry>
environment_layout(const config::ServiceSpec& spec, const std::vector<std::string>& inherited);

/// The connection, for the handler's environment. Values come from the kernel.
struct ConnectionFacts {
    std::optional<access::Peer> peer{};  ///< absent for stream-wait and UNIX sockets
    std::optional<access::Peer> local{}; ///< our end; absent where unknown
    bool is_unix = false;
    bool is_tcp = true;
};

/// The variables of one connection as `NAME=value`, in one piece of memory.
class ConnectionEnvironment {
public:
    ConnectionEnvironment() = default; ///< no variable at all

    /// `NAME=value`, NUL-terminated; nullptr if the value is unknown. Valid until changed or moved.
    [[nodiscard]] const char* find(HandlerVariable variable) const noexcept;
    /// REQUIRES that it is not there yet.
    void add(HandlerVariable variable, std::string_view value);

private:
    static constexpr std::uint16_t absent = 0xffff;

    std::string text_; ///< NUL-terminated strings, one after the other
    std::array<std::uint16_t, handler_variable_count> starts_ = make_absent();
    static constexpr std::array<std::uint16_t, handler_variable_count> make_absent()
    {
        std::array<std::uint16_t, handler_variable_count> starts{};
        starts.fill(absent);
        return starts;
    }
};

/// REMOTE_HOST (as xinetd: `<no address>` when unknown), REMOTE_ADDR, REMOTE_PORT, LOCAL_ADDR,
/// LOCAL_PORT, and UCSPI's PROTO (TCP, UDP, UNIX), TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP,
/// TCPLOCALPORT. They replace variables of the same name in the base environment, in place; new
/// ones follow at the end. An inherited one whose value is unknown is left out: no handler may take
/// the daemon's own environment for the truth about a client.
[[nodiscard]] ConnectionEnvironment connection_environment(const ConnectionFacts& facts);

} // namespace usherd::core
