// SPDX-License-Identifier: BSD-2-Clause
//
// What a client of the status socket asks for: method, target and body in, a value or the reason
// why there is none out; and back again, for the client's side. No HTTP library in sight.
// @see usherd-status(7)

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/control/activity.h"
#include "daemon/control/status.h"

namespace usherd::control {

enum class Method : std::uint8_t { get, post, del, other };
[[nodiscard]] std::string_view name(Method method) noexcept; ///< GET, POST, DELETE

/// Every answer that is no success. The HTTP status is not part of the JSON.
struct Error {
    int status = 500;
    std::string error;   ///< stable, for programs: not_found, forbidden, bad_request …
    std::string message; ///< for people
    std::string allow{}; ///< with 405: the methods that the path has

    bool operator==(const Error&) const = default;
};

struct GetStatus {
    bool operator==(const GetStatus&) const = default;
};
struct GetServices {
    bool operator==(const GetServices&) const = default;
};
struct GetService {
    std::string id;
    bool operator==(const GetService&) const = default;
};
enum class Switch : std::uint8_t { enable, disable, drain };
/// Until the next reload.
struct SwitchService {
    std::string id;
    Switch to = Switch::enable;
    bool kill = false; ///< with drain: end what runs
    bool operator==(const SwitchService&) const = default;
};
struct GetConnections {
    std::optional<std::string> service; ///< id
    bool operator==(const GetConnections&) const = default;
};
struct KillConnection {
    std::int64_t pid = 0;
    bool operator==(const KillConnection&) const = default;
};
struct GetSources {
    std::uint32_t top = 20; ///< of each list, 1 to 1000
    bool operator==(const GetSources&) const = default;
};
struct GetEvents {
    std::optional<std::uint64_t> since; ///< events from this number on; absent: all there are
    bool follow = false;
    std::optional<std::string> service; ///< id
    std::optional<std::string> reason;
    std::optional<std::string> from; ///< address or block; checked by the daemon
    std::optional<Time> after;       ///< not before this moment
    bool operator==(const GetEvents&) const = default;
};
struct GetExplain {
    std::string service; ///< id
    std::string from;    ///< address; checked by the daemon
    /// Local time of the daemon, `2027-02-14 03:10` (also with a T) or `03:10`; absent: now.
    std::optional<std::string> at;
    std::optional<std::string> host_name; ///< to match rules with; absent: what the daemon knows
    bool operator==(const GetExplain&) const = default;
};
struct GetBans {
    bool operator==(const GetBans&) const = default;
};
struct AddBan {
    BanOrder order;
    bool operator==(const AddBan&) const = default;
};
struct RemoveBan {
    std::string source; ///< as in the list of bans
    bool operator==(const RemoveBan&) const = default;
};
struct PostReload {
    bool dry_run = false;
    bool strict = false; ///< change nothing if anything is wrong
    bool operator==(const PostReload&) const = default;
};
struct GetMetrics {
    bool operator==(const GetMetrics&) const = default;
};
/// `/`: the status page.
struct GetPage {
    bool operator==(const GetPage&) const = default;
};

using Request = std::variant<GetStatus, GetServices, GetService, SwitchService, GetConnections,
                             KillConnection, GetSources, GetEvents, GetExplain, GetBans, AddBan,
                             RemoveBan, PostReload, GetMetrics, GetPage>;

inline constexpr std::size_t max_target_bytes = 2048;
inline constexpr std::size_t max_body_bytes = 64U << 10U;
inline constexpr std::uint32_t max_top = 1000;

/// @param target path and query as they came over the wire; scheme and authority of an absolute
/// form are passed over.
/// @return the request, or 400 (bad_request), 404 (not_found), 405 (method_not_allowed), 413
/// (too_large) or 414 (target_too_long). Unknown and repeated query parameters are a 400.
[[nodiscard]] std::variant<Request, Error> parse_request(Method method, std::string_view target,
                                                         std::string_view body);

/// True if it may change something: for root and the daemon's own user only.
[[nodiscard]] bool changes_something(const Request& request) noexcept;

/// A request as it goes over the wire.
struct WireRequest {
    Method method = Method::get;
    std::string target; ///< path and query, percent-encoded
    std::string body;   ///< JSON, or empty

    bool operator==(const WireRequest&) const = default;
};
[[nodiscard]] WireRequest to_wire(const Request& request);

} // namespace usherd::control
