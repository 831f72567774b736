// SPDX-License-Identifier: BSD-2-Clause
//
// Entries of inetd.conf as services: which attributes say what the fields say. Private to the inetd
// front end.

#pragma once

#include <vector>

#include "config-parser/inetd_entry.h"

namespace usherd::config {

/// What an entry does not say itself.
struct InetdPlacing {
    bool ipv6_only = false;   ///< of an internet service: sets v6only
    bool beside_ipv4 = false; ///< another entry has its IPv4 clients, and its id
    bool as_xinetd = false;   ///< the id of an internal service is xinetd's
};

/// One section for each address of the entry.
[[nodiscard]] std::vector<RawSection> to_sections(const InetdEntry& entry,
                                                  const InetdPlacing& placing);

} // namespace usherd::config
