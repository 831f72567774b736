// SPDX-License-Identifier: BSD-2-Clause
//
// Runs a load: in each thread one epoll and a fixed number of slots, each with one connection (or
// one exchange of datagrams) at a time. Knows nothing of the server but its address.

#pragma once

#include "tests/bench/load_options.h"
#include "tests/bench/load_result.h"

namespace usherd::bench {

/// Makes the connections of `options` (first its warm-up, which leaves no trace in the result).
/// An address that cannot be parsed, or an epoll that cannot be made, is Outcome::other.
[[nodiscard]] LoadResult run_load(const LoadOptions& options);

} // namespace usherd::bench
