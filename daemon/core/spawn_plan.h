// SPDX-License-Identifier: BSD-2-Clause
//
// Everything a child needs between clone() and execve(), computed before there is a child.
// SpawnTemplate is made once for each service (and reload), SpawnPlan for each connection: it
// shares the template and adds the few strings that differ. Pure: no system call, no look-up.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config-parser/service_spec.h"
#include "daemon/core/handler_environment.h"

namespace usherd::core {

/// What the daemon is and has, as far as its children inherit it.
struct DaemonTraits {
    bool is_root = false;
    std::vector<std::string> environment{}; ///< NAME=value, as at start
    std::uint32_t umask = 022;              ///< the daemon's at start OR 022
    std::uint64_t open_files_hard = 4096;   ///< hard limit of open files (4096 if infinite)
    bool has_selinux = false;               ///< connections have labels
};

struct Limit {
    int resource = 0;        ///< RLIMIT_… of <sys/resource.h>
    std::uint64_t value = 0; ///< soft and hard; config::no_resource_limit: infinite

    bool operator==(const Limit&) const = default;
};

/// The part of a plan that all servers of a service share. Immutable.
struct SpawnTemplate {
    std::string path;
    std::vector<std::string> argv;
    std::vector<EnvironmentEntry> env;     ///< complete: base variables, additions, the handler's
    std::optional<std::uint32_t> uid, gid; ///< absent: stay as the daemon is
    bool set_groups = false;               ///< call setgroups with `groups` (root only)
    bool groups_unknown = false; ///< groups = yes for a user without account: start fails there
    std::vector<std::uint32_t> groups;
    std::uint32_t umask = 022;
    std::optional<int> nice;
    std::vector<Limit> limits; ///< RLIMIT_NOFILE first, always
    config::StderrTarget stderr_target = config::StderrTarget::client;
    config::PassFds pass_fds = config::PassFds::inetd;
    bool take_context = false; ///< run in the security context of the peer (LABELED)
    bool no_new_privs = false;
};

[[nodiscard]] std::shared_ptr<const SpawnTemplate> make_template(const config::ServiceSpec& spec,
                                                                 const DaemonTraits& traits);

/// The same for one server, with another umask and a further change of its nice value.
[[nodiscard]] std::shared_ptr<const SpawnTemplate> changed(const SpawnTemplate& base,
                                                           std::uint32_t umask, int nice_by);

struct SpawnPlan {
    std::shared_ptr<const SpawnTemplate> base;
    ConnectionEnvironment connection_env;
};

/// Writes the handler's argv for execve(2), null pointer included, into `argv`, and its environment
/// into `envp`: two buffers to be used again and again. The pointers are valid as long as `plan`.
/// @param listen_pid `LISTEN_PID=…`, used if the template has a place for it.
void write_exec_arrays(const SpawnPlan& plan, const char* listen_pid, std::vector<char*>& argv,
                       std::vector<char*>& envp);

/// The step between clone() and execve() that failed, in the order they are made.
enum class SpawnStage : std::uint8_t {
    none,
    clone,
    group,
    groups,
    user,
    descriptors,
    context,
    limits,
    session,
    directory,
    privileges,
    exec,
};
[[nodiscard]] std::string_view name(SpawnStage stage) noexcept;

struct SpawnFailure {
    SpawnStage stage = SpawnStage::none;
    int error_number = 0;
};

} // namespace usherd::core
