// SPDX-License-Identifier: BSD-2-Clause
//
// What every service of the daemon shares. Server owns all of it; services and listeners borrow.

#pragma once

#include <cstdint>

#include "daemon/core/spawn_plan.h"
#include "daemon/descriptor_reserve.h"
#include "daemon/endpoint_socket.h"
#include "daemon/internal_stream.h"
#include "daemon/log.h"
#include "daemon/log_book.h"
#include "daemon/provoked_log.h"
#include "daemon/relay.h"
#include "daemon/rpc_registry.h"
#include "daemon/stderr_lines.h"
#include "daemon/supervisor.h"
#include "daemon/sys/event_loop.h"
#include "daemon/tcpmux.h"

namespace usherd::daemon {

class Activity;
class BannerSender;
class IdentQueries;
class Wrappers;

struct Context {
    sys::EventLoop& loop;
    Log& log;
    ProvokedLog& provoked_log; ///< for messages that a client can cause
    StderrLines& stderr_lines;
    Supervisor& supervisor;
    InternalSessions& internals;
    Relays& relays;
    TcpmuxSessions& tcpmux;
    RpcRegistry& rpc;
    Gatekeeper& gatekeeper;
    Wrappers& wrappers;
    IdentQueries& ident;
    BannerSender& banners;
    Activity& activity;
    core::DaemonTraits traits;
    PassedSockets passed;
    DescriptorReserve& reserve;
    std::uint32_t process_limit = 0; ///< -limit; 0: none

    /// Servers of all services, sessions and relays inside the daemon included.
    [[nodiscard]] std::uint32_t running_total() const noexcept
    {
        return static_cast<std::uint32_t>(supervisor.count() + internals.size() + relays.size() +
                                          tcpmux.size());
    }
};

} // namespace usherd::daemon
