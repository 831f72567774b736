// SPDX-License-Identifier: BSD-2-Clause
//
// `usherctl explain` without a daemon: the same decision from the files, with nothing running.
// Pure but for what the file source and the look-up of names do.

#pragma once

#include <string>

#include "config-parser/load.h"
#include "daemon/control/trace.h"
#include "daemon/sys/local_time.h"

namespace usherd::ctl {

struct ExplainFacts {
    access::IpAddress address;
    sys::LocalMoment at;
    double load_average = -1; ///< for max_load; -1: not known
    std::string host_name{};  ///< of the client; empty: not known
};

/// A trace for each service whose id, or else whose name, is `service`; none where there is none.
/// @param loaded with keep_rule_places
[[nodiscard]] control::TraceList explain_offline(const config::LoadResult& loaded,
                                                 const std::string& service,
                                                 const ExplainFacts& facts);

/// Whether the name of the client can matter to one of these services.
[[nodiscard]] bool needs_host_name(const config::LoadResult& loaded, const std::string& service,
                                   const access::IpAddress& address);

} // namespace usherd::ctl
