// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/socket_filter.h"

#include <cerrno>
#include <chrono>
#include <sys/socket.h>

#include "daemon/core/address_filter.h"
#include "daemon/sys/socket.h"

namespace usherd::daemon {

namespace {

using config::Endpoint;
using config::InetEndpoint;
using config::ServiceSpec;
using sys::Result;

constexpr const char* attaching = "setsockopt (SO_ATTACH_FILTER)";
constexpr const char* detaching = "setsockopt (SO_DETACH_FILTER)";

Result<void> attach(int fd, core::FilterProgram program)
{
    const ::sock_fprog argument{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &argument, sizeof argument) < 0)
        return sys::last_error(attaching);
    return {};
}

Result<void> attach_rules(int fd, const InetEndpoint& endpoint, const ServiceSpec& spec)
{
    Result<void> attached = sys::SysError{attaching, E2BIG};
    if (!core::why_not_filtered(spec))
        if (auto program = core::compile_address_filter(*spec.policy, endpoint.family))
            attached = attach(fd, *std::move(program));
    // Replaces whatever rules there were: rather nobody than somebody by rules of yesterday.
    if (!attached)
        (void)attach(fd, core::refuse_everybody());
    return attached;
}

/// More than any backlog holds.
constexpr int most_waiting = 1 << 16;

} // namespace

Result<void> enforce_address_rules(int fd, const Endpoint& endpoint, const ServiceSpec& spec)
{
    const auto* inet = std::get_if<InetEndpoint>(&endpoint);
    if (inet == nullptr || !core::needs_address_filter(spec))
        return {};
    return attach_rules(fd, *inet, spec);
}

Result<void> enforce_address_rules_late(int fd, const Endpoint& endpoint, const ServiceSpec& spec)
{
    if (!std::holds_alternative<InetEndpoint>(endpoint) || !core::needs_address_filter(spec))
        return {};
    if (auto enforced = enforce_address_rules(fd, endpoint, spec); !enforced)
        return enforced;
    if (auto done = sys::set_blocking(fd, sys::Blocking::no); !done)
        return done;
    for (int count = 0; count < most_waiting; ++count) {
        const auto waiting = sys::accept_one(fd); // and closed again
        if (!waiting &&
            sys::classify_accept_error(waiting.error().number) != sys::AcceptFailure::peer_gone)
            break;
    }
    return sys::set_blocking(fd, sys::Blocking::yes);
}

Result<void> renew_address_rules(int fd, const Endpoint& endpoint, const ServiceSpec& before,
                                 const ServiceSpec& now)
{
    const auto* inet = std::get_if<InetEndpoint>(&endpoint);
    if (inet == nullptr)
        return {};
    const bool had = core::needs_address_filter(before);
    if (core::needs_address_filter(now)) {
        if (had && core::same_address_rules(before, now))
            return {};
        return attach_rules(fd, *inet, now);
    }
    const int unused = 0;
    if (had && ::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) < 0)
        return sys::last_error(detaching);
    return {};
}

Result<void> enforce_bans(int fd, const Endpoint& endpoint, const ServiceSpec& spec,
                          const core::BanList& bans)
{
    const auto* inet = std::get_if<InetEndpoint>(&endpoint);
    if (inet == nullptr || !core::takes_address_filter(spec) || core::why_not_filtered(spec))
        return {};
    const bool has_lists = core::needs_address_filter(spec);
    if (bans.size() == 0 && !has_lists) {
        const int unused = 0;
        if (::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) < 0 &&
            errno != ENOENT)
            return sys::last_error(detaching);
        return {};
    }
    const auto now = std::chrono::steady_clock::now();
    if (auto program = core::compile_address_filter(*spec.policy, inet->family, &bans, now))
        return attach(fd, *std::move(program));
    (void)enforce_bans(fd, endpoint, spec, {}); // better the lists than what was there before
    return sys::SysError{attaching, E2BIG};
}

} // namespace usherd::daemon
