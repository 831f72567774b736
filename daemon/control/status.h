// SPDX-License-Identifier: BSD-2-Clause
//
// The daemon, its services and its handlers, as the status socket tells them. Plain values; how
// they look as JSON is in json.h. Numbers of seconds and milliseconds have it in their names.
// @see usherd-status(7)

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace usherd::control {

/// A moment of the wall clock; in JSON `2026-01-05T08:03:07.250Z`.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// How often each reason; in JSON an object with a member for each.
using CountByName = std::map<std::string, std::uint64_t>;

/// How many services are in which state.
struct ServiceTotals {
    std::uint64_t total = 0;
    std::uint64_t active = 0;
    std::uint64_t suspended = 0;
    std::uint64_t handed_over = 0;
    std::uint64_t out_of_service = 0;
    std::uint64_t disabled = 0; ///< by `disable` on this socket
    std::uint64_t draining = 0; ///< by `drain`, and something of it runs still
    std::uint64_t stale = 0;    ///< counted in one of the others too

    bool operator==(const ServiceTotals&) const = default;
};

struct ReloadTotals {
    std::uint64_t done = 0;
    std::uint64_t failed = 0; ///< refused as a whole
    std::optional<Time> last;
    std::optional<std::string> last_failure; ///< why, if the last one failed

    bool operator==(const ReloadTotals&) const = default;
};

/// GET /v1/status
struct DaemonStatus {
    std::string version; ///< 0.1.0
    std::string program; ///< the name it was started by
    std::int64_t pid = 0;
    std::uint32_t uid = 0;
    Time started;
    Time now;
    std::string config_file;
    ServiceTotals services;
    ReloadTotals reloads;
    std::uint64_t running = 0;                  ///< handlers, sessions and relays of all services
    std::optional<std::uint64_t> process_limit; ///< -limit
    std::uint64_t accepted = 0;
    std::uint64_t started_handlers = 0;
    CountByName refused; ///< by reason
    std::uint64_t open_descriptors = 0;
    std::uint64_t descriptor_limit = 0;
    std::uint64_t first_event = 0; ///< the oldest sequence number that the ring still has
    std::uint64_t next_event = 0;  ///< the sequence number that the next event will have
    std::uint64_t bans = 0;
    std::uint64_t sensed = 0; ///< sources that are refused for having touched a sensor

    bool operator==(const DaemonStatus&) const = default;
};

/// What happened to a service last.
struct LastEvent {
    Time at;
    std::string kind;                  ///< name of an EventKind
    std::optional<std::string> reason; ///< of a refusal

    bool operator==(const LastEvent&) const = default;
};

/// A place in the configuration; line 0: the file as a whole.
struct Place {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    bool operator==(const Place&) const = default;
};

/// One service in GET /v1/services.
struct ServiceSummary {
    std::string id;
    std::uint64_t key = 0; ///< tells services of one id apart, as long as the daemon runs
    std::string name;
    std::string kind;  ///< program, internal, redirect
    std::string state; ///< active, suspended, handed_over, out_of_service, disabled, draining
    std::optional<std::string> state_reason;
    std::optional<std::string> stale; ///< why its new text is not in force
    std::string socket_type;          ///< stream, dgram, raw, seqpacket
    std::string protocol;             ///< tcp, udp …; empty for UNIX sockets
    bool wait = false;
    std::vector<std::string> addresses; ///< `192.0.2.1:80`, `*:80`, `[::]:80`, `unix:/path`
    std::optional<std::string> user;
    std::uint64_t running = 0;
    std::optional<std::uint64_t> instances; ///< absent: no limit
    std::uint64_t accepted = 0;
    std::uint64_t started = 0;
    std::uint64_t refused = 0;
    CountByName refused_by; ///< reasons that occurred
    std::optional<LastEvent> last_event;
    Place place;

    bool operator==(const ServiceSummary&) const = default;
};

struct ServiceList {
    std::vector<ServiceSummary> services;

    bool operator==(const ServiceList&) const = default;
};

/// An effective setting and where it was written.
struct AttributeValue {
    std::string name;
    std::string value;          ///< in the syntax of xinetd's files, words with a blank between
    bool inherited = false;     ///< from `defaults`
    std::optional<Place> place; ///< absent: nobody wrote it, it is what holds without

    bool operator==(const AttributeValue&) const = default;
};

/// How far a limit is from refusing somebody.
struct Headroom {
    std::string limit; ///< the reason it refuses with: service_limit, process_limit …
    std::optional<std::uint64_t> used;
    std::uint64_t of = 0;

    bool operator==(const Headroom&) const = default;
};

/// One service in GET /v1/services/{id}.
struct ServiceDetail {
    ServiceSummary summary;
    std::vector<AttributeValue> attributes;
    std::vector<Headroom> headroom;
    std::optional<Time> suspended_until;
    std::vector<std::int64_t> holders;  ///< pids that hold the sockets of a wait service
    std::uint64_t sources = 0;          ///< distinct addresses that hold a handler
    std::uint64_t waiting_for_name = 0; ///< clients whose name is being looked up

    bool operator==(const ServiceDetail&) const = default;
};

/// GET /v1/services/{id}: ids need not be unique, hence a list.
struct ServiceDetails {
    std::vector<ServiceDetail> services;

    bool operator==(const ServiceDetails&) const = default;
};

/// A running handler.
struct Connection {
    std::int64_t pid = 0; ///< 0 while it is being started
    std::string service;  ///< id
    std::string kind;     ///< program, internal, redirect: the last two run in the daemon itself
    std::optional<std::string> from; ///< address as in the log; absent: wait services, UNIX sockets
    std::optional<std::uint16_t> port;
    Time since;
    std::optional<std::string> user;
    bool ending = false; ///< it has been sent TERM, KILL is next

    bool operator==(const Connection&) const = default;
};

struct ConnectionList {
    std::vector<Connection> connections;

    bool operator==(const ConnectionList&) const = default;
};

/// POST /v1/connections/{pid}/kill
struct KillAnswer {
    std::int64_t pid = 0;
    std::string service;
    std::uint64_t kill_grace_seconds = 0; ///< until KILL follows TERM

    bool operator==(const KillAnswer&) const = default;
};

} // namespace usherd::control
