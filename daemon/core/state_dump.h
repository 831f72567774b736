// SPDX-License-Identifier: BSD-2-Clause
//
// The state dump that SIGUSR1 asks for, as xinetd writes it: facts in, text out. The facts are a
// copy of the daemon's state, so that the text may be made outside the loop's thread.
// @see usherd(8), SIGNALS

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/service_dump.h"

namespace usherd::core {

/// A running server, or a start that waits for another attempt.
struct DumpServer {
    std::string id;
    int pid = 0; ///< the daemon's own for what runs inside it
    std::int64_t order = 0;
    std::string start_time; ///< as ctime(3), without the end of line
    int descriptor = -1;    ///< the socket it borrows; -1: a connection
    std::optional<access::Peer> peer;
    bool logs_user = false;
    int fork_failures = 0;
};

struct DumpService {
    /// xinetd's names for states: suspended is a `wait` service whose server runs, disabled one
    /// whose `cps` tripped; TCPMUX clients are never started.
    enum class State : std::uint8_t { not_started, active, suspended, disabled };

    std::shared_ptr<const config::ServiceSpec> spec;
    State state = State::active;
    std::uint32_t running = 0;
    std::size_t retries = 0;
    std::vector<int> sockets;
};

struct DumpFacts {
    std::string version;      ///< `usherd 0.1.0`
    std::string current_time; ///< as ctime(3), without the end of line
    std::shared_ptr<const config::ServiceSpec> defaults;
    DumpSurroundings around;
    std::vector<DumpService> services; ///< that listen, or would but for a moment
    std::vector<DumpServer> servers;   ///< in the order of their starts
    std::vector<DumpServer> retries;
    std::vector<int> descriptors; ///< all that are open, ascending
    std::uint64_t max_descriptors = 0;
    std::uint32_t process_limit = 0;
    std::string config_file;
};

[[nodiscard]] std::string state_dump(const DumpFacts& facts);

/// What -d prints of the configuration before the daemon starts.
[[nodiscard]] std::string
configuration_dump(const config::ServiceSpec& defaults,
                   const std::vector<std::shared_ptr<const config::ServiceSpec>>& services,
                   const DumpSurroundings& around);

} // namespace usherd::core
