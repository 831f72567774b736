// SPDX-License-Identifier: BSD-2-Clause
//
// Everything a child needs between clone() and execve(), computed before there is a child.
// SpawnTemplate is made once for each service (and reload), SpawnPlan for each connection: it
// shares the template and adds the few strings that differ. Pure: no system call, no look-up.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access-control/ip_address.h"
#include "config-parser/service_spec.h"

namespace usherd::core {

/// What the daemon is and has, as far as its children inherit it.
struct DaemonTraits {
    bool is_root = false;
    std::vector<std::string> environment; ///< NAME=value, as at start
    std::uint32_t umask = 022;            ///< the daemon's at start OR 022
    std::uint64_t open_files_hard = 4096; ///< hard limit of open files (4096 if infinite)
};

struct Limit {
    int resource = 0;        ///< RLIMIT_… of <sys/resource.h>
    std::uint64_t value = 0; ///< soft and hard; config::no_resource_limit: infinite
};

/// The part of a plan that all servers of a service share. Immutable.
struct SpawnTemplate {
    std::string path;
    std::vector<std::string> argv;
    std::vector<std::string>
        env; ///< base variables, additions; without the variables of the connection
    std::optional<std::uint32_t> uid, gid; ///< absent: stay as the daemon is
    bool set_groups = false;               ///< call setgroups with `groups` (root only)
    std::vector<std::uint32_t> groups;
    std::uint32_t umask = 022;
    std::optional<int> nice;
    std::vector<Limit> limits; ///< RLIMIT_NOFILE first, always
    config::StderrTarget stderr_target = config::StderrTarget::client;
    config::PassFds pass_fds = config::PassFds::inetd;
};

[[nodiscard]] std::shared_ptr<const SpawnTemplate> make_template(const config::ServiceSpec& spec,
                                                                 const DaemonTraits& traits);

/// The connection, for the handler's environment. Values come from the kernel.
struct ConnectionFacts {
    std::optional<access::Peer> peer;  ///< absent for stream-wait and UNIX sockets
    std::optional<access::Peer> local; ///< our end; absent where unknown
    bool is_unix = false;
    bool is_tcp = true;
};

/// The variables of one connection: REMOTE_HOST (as xinetd: `<no address>` when unknown),
/// REMOTE_ADDR, REMOTE_PORT, LOCAL_ADDR, LOCAL_PORT, and UCSPI's PROTO, TCPREMOTEIP,
/// TCPREMOTEPORT, TCPLOCALIP, TCPLOCALPORT. They replace variables of the same name in the base
/// environment, in place; new ones follow at the end.
[[nodiscard]] std::vector<std::string> connection_environment(const ConnectionFacts& facts);

struct SpawnPlan {
    std::shared_ptr<const SpawnTemplate> base;
    std::vector<std::string> connection_env;
};

/// The step between clone() and execve() that failed, in the order they are made.
enum class SpawnStage : std::uint8_t {
    none,
    clone,
    descriptors,
    groups,
    group,
    user,
    limits,
    directory,
    session,
    exec,
};
[[nodiscard]] std::string_view name(SpawnStage stage) noexcept;

struct SpawnFailure {
    SpawnStage stage = SpawnStage::none;
    int error_number = 0;
};

} // namespace usherd::core
