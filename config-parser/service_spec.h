// SPDX-License-Identifier: BSD-2-Clause
//
// A service as configured, validated: a plain value. The daemon holds it as
// std::shared_ptr<const ServiceSpec>; a running server keeps the one it started with.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access-control/policy.h"
#include "config-parser/origins.h"
#include "config-parser/rare.h"
#include "config-parser/shared.h"
#include "config-parser/source_location.h"

namespace usherd::config {

/// A set of enumerators of `Enum`, whose values are 0, 1, 2 …
template <typename Enum>
class EnumSet {
public:
    constexpr EnumSet() = default;
    constexpr EnumSet(std::initializer_list<Enum> members)
    {
        for (const Enum member : members)
            add(member);
    }
    constexpr void add(Enum member) { bits_ |= bit(member); }
    constexpr void remove(Enum member) { bits_ &= ~bit(member); }
    [[nodiscard]] constexpr bool has(Enum member) const { return (bits_ & bit(member)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    constexpr bool operator==(const EnumSet&) const = default;

private:
    static constexpr std::uint32_t bit(Enum member)
    {
        return std::uint32_t{1} << static_cast<unsigned>(member);
    }
    std::uint32_t bits_ = 0;
};

enum class ServiceType : std::uint8_t { rpc, internal, unlisted, special, tcpmux, tcpmuxplus };
enum class ServiceFlag : std::uint8_t {
    reuse,
    intercept,
    noretry,
    idonly,
    nameinargs,
    nodelay,
    keepalive,
    nolibwrap,
    sensor,
    ipv4,
    ipv6,
    labeled
};
enum class SuccessLog : std::uint8_t { host, duration, exit, pid, userid, traffic };
enum class FailureLog : std::uint8_t { host, attempt, userid };
enum class SocketType : std::uint8_t { stream, dgram, raw, seqpacket };

struct Protocol {
    std::string name; ///< canonical
    int number = 0;
    bool operator==(const Protocol&) const = default;
};

struct UserRef {
    std::string text; ///< as written
    std::uint32_t uid = 0;
    std::uint32_t gid = 0; ///< primary group; the same number where the user is written as a number
    bool has_account = false;
    bool operator==(const UserRef&) const = default;
};
struct GroupRef {
    std::string text;
    std::uint32_t gid = 0;
    bool operator==(const GroupRef&) const = default;
};

/// log_type. Without any, nothing is logged for the service.
struct SyslogTarget {
    int facility = 0; ///< LOG_DAEMON … as in <syslog.h>, already shifted
    int level = 6;    ///< LOG_INFO
    bool operator==(const SyslogTarget&) const = default;
};
struct FileTarget {
    std::string path;
    std::uint64_t soft_limit = 0; ///< bytes; 0: no limits
    std::uint64_t hard_limit = 0;
    bool operator==(const FileTarget&) const = default;
};
using LogTarget = std::variant<std::monostate, SyslogTarget, FileTarget>;

/// One address to listen on.
struct InetEndpoint {
    access::Family family = access::Family::ipv6; ///< of the socket
    std::optional<access::IpAddress> address;     ///< absent: the wildcard of the family
    std::uint16_t port = 0;                       ///< 0: any
    bool v6only = false;
    bool operator==(const InetEndpoint&) const = default;
};
struct UnixEndpoint {
    std::string path; ///< file system path, or the name of an abstract socket without its NUL
    bool abstract = false;
    bool operator==(const UnixEndpoint&) const = default;
};
using Endpoint = std::variant<InetEndpoint, UnixEndpoint>;
/// `[::1]:80`, `192.0.2.1:80`, `*:80` (IPv4 wildcard), `[::]:80`, `unix:/path`, `unix:@name`.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

struct Redirect {
    std::string host; ///< as written
    std::uint16_t port = 0;
    std::vector<access::IpAddress> addresses; ///< as resolved at load; not empty
    bool operator==(const Redirect&) const = default;
};

struct Rpc {
    std::uint32_t program = 0;
    std::uint32_t first_version = 0;
    std::uint32_t last_version = 0;
    bool operator==(const Rpc&) const = default;
};

enum class StderrTarget : std::uint8_t { client, log, null };   ///< client is xinetd's
enum class LimitAction : std::uint8_t { refuse, queue };        ///< refuse is xinetd's
enum class CpsAction : std::uint8_t { disable, delay, refuse }; ///< disable is xinetd's
enum class PassFds : std::uint8_t { inetd, systemd, both };     ///< inetd: fd 0, 1, 2

/// deny_time.
inline constexpr int deny_never = 0;
inline constexpr int deny_forever = -1;

/// The address lists as the state dump shows them, each word with a blank before it.
struct ShownLists {
    std::string only_from, no_access;
    /// Where each rule of the policy's lists stands; empty without LoadOptions::keep_rule_places.
    std::vector<SourceLocation> only_from_places{}, no_access_places{};
};

/// What a server process is made of.
struct ServerProcess {
    std::optional<UserRef> user;
    Rare<GroupRef> group;
    std::vector<std::uint32_t> supplementary_groups; ///< with groups = yes
    std::string server;
    std::vector<std::string> argv;          ///< argv[0] included
    std::vector<std::string> env;           ///< NAME=value, as given
    Rare<std::vector<std::string>> passenv; ///< names; absent: everything
    std::optional<int> nice;
    std::optional<std::uint32_t> umask;
    ResourceLimits resource_limits;
    bool groups = false;
    StderrTarget stderr_target = StderrTarget::client;
    PassFds pass_fds = PassFds::inetd;
    bool no_new_privs = false; ///< execve(2) gives it nothing that it has not

    bool operator==(const ServerProcess&) const = default;
};

/// How a service listens, limits and reports.
struct CommonSettings {
    Protocol protocol;
    LogTarget log_target;
    EnumSet<SuccessLog> log_on_success;
    EnumSet<FailureLog> log_on_failure;
    bool log_target_inherited = false; ///< a FILE from `defaults` is one shared log

    // Parsed in full; what they do at run time is checked by core/unsupported.h.
    Rare<Redirect> redirect;
    Rare<Rpc> rpc;
    RareText banner, banner_success, banner_fail;
    RareText libwrap_name;        ///< if given; see libwrap_daemon
    RareText bind_text;           ///< as written, for the dump; empty: none
    std::optional<int> deny_time; ///< minutes, or deny_never, deny_forever
    std::optional<bool> v6only;
    bool libwrap_name_given = false;

    // What xinetd never had.
    bool freebind = false;
    LimitAction limit_action = LimitAction::refuse;
    CpsAction cps_action = CpsAction::disable;
    std::optional<std::uint32_t> backlog; ///< absent: the kernel's maximum
    std::optional<std::uint32_t> socket_mode;
    std::optional<std::uint32_t> socket_owner, socket_group;

    bool operator==(const CommonSettings&) const = default;
};

/// A host with ten thousand services pays for each byte. What services have alike they share
/// (spec_pool.h); rare parts are kept out of line (rare.h).
struct ServiceSpec {
    std::string name;
    std::string id; ///< what logs show
    SourceLocation location;
    EnumSet<ServiceType> types;
    EnumSet<ServiceFlag> flags; ///< family flags as given; the family chosen stands in `endpoints`
    std::optional<std::uint16_t> port; ///< given or looked up, before --port-offset
    SocketType socket_type = SocketType::stream;
    bool wait = false;
    std::vector<Endpoint> endpoints; ///< at least one, but none for TCPMUX types

    Shared<ServerProcess> process;
    Shared<access::Policy> policy;
    Shared<CommonSettings> settings;
    std::shared_ptr<const ShownLists> shown_lists; ///< null: both empty; often that of `defaults`
    Rare<std::chrono::seconds> max_runtime;
    std::chrono::seconds kill_grace{5};

    /// Where each attribute was given, ascending by attribute.
    [[nodiscard]] std::vector<AttributeOrigin> origins() const { return origins_->all(location); }
    /// Where one was given; nothing if it was not.
    [[nodiscard]] std::optional<AttributeOrigin> origin_of(std::uint16_t attribute) const
    {
        return origins_->find(attribute, location);
    }
    /// REQUIRES `location` to be set.
    void set_origins(const std::vector<AttributeOrigin>& origins)
    {
        *origins_ = Origins(origins, location);
    }

    /// All but location and origins: a spec that only moved in its file is the same spec.
    [[nodiscard]] bool same_settings(const ServiceSpec& other) const;
    [[nodiscard]] bool is_internal() const { return types.has(ServiceType::internal); }
    /// True if tcp_wrappers judge its clients: not with NOLIBWRAP, and, as with xinetd, not for RPC
    /// over TCP.
    [[nodiscard]] bool is_wrapped() const noexcept;
    /// Without a socket of its own: reached through the internal service tcpmux.
    [[nodiscard]] bool is_tcpmux_client() const
    {
        return types.has(ServiceType::tcpmux) || types.has(ServiceType::tcpmuxplus);
    }

private:
    friend class SpecPool;
    Shared<Origins> origins_;
};

/// The name by which tcp_wrappers know a service: `libwrap`, else the last component of argv[0]
/// (with NAMEINARGS) or of the server's path, else the service's name.
[[nodiscard]] std::string libwrap_daemon(const ServiceSpec& spec);

} // namespace usherd::config
