// SPDX-License-Identifier: BSD-2-Clause
//
// Tells rpcbind(8) where programs are. Blocks, each call with a limit of its own: never called in
// the loop. The only file that sees libtirpc, which it loads when there is something to tell; built
// without it, nothing can be registered.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/sys/result.h"

namespace usherd::daemon {

/// A version of a program, reached over `protocol` at `port` of any address. xinetd, too, names no
/// address, even if the socket is bound to one.
struct RpcMapping {
    std::uint32_t program = 0;
    std::uint32_t version = 0;
    std::string protocol; ///< rpcbind's network id: `tcp`, `udp`
    std::uint16_t port = 0;

    bool operator==(const RpcMapping&) const = default;
};

/// True if the build has libtirpc.
[[nodiscard]] bool has_rpc() noexcept;

/// What became of a list of mappings.
struct RpcOutcome {
    std::vector<RpcMapping> registered; ///< of those asked for, known to rpcbind now
    std::vector<RpcMapping> refused;
    std::string why; ///< of the last refusal; empty: none
};

/// Withdraws `old`, then registers `wanted`, over rpcbind's local socket. Withdrawn is one
/// transport alone (D29). Waits for a few seconds in all, whatever rpcbind does: what could not be
/// asked by then is refused.
[[nodiscard]] RpcOutcome update_rpcbind(const std::vector<RpcMapping>& old,
                                        const std::vector<RpcMapping>& wanted);

} // namespace usherd::daemon
