// SPDX-License-Identifier: BSD-2-Clause
//
// A service as configured, in the words of xinetd's state dump: one attribute in a line, in
// xinetd's order, each only where xinetd shows it. Pure: names of addresses are given.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access-control/ip_address.h"
#include "config-parser/service_spec.h"

namespace usherd::core {

/// What the text of a spec depends on besides the spec.
struct DumpSurroundings {
    /// Names of addresses in `bind` and `redirect`, as far as the hosts file has one.
    std::map<access::IpAddress, std::string> host_names;
    std::vector<std::string> environment; ///< the daemon's, NAME=value
    /// xinetd makes the environment of `defaults` with the first service that it completes.
    bool defaults_used = true;
};

/// Appends the lines of a service's configuration to `text`, each behind `indent`.
void append_service_configuration(std::string& text, const config::ServiceSpec& spec,
                                  const DumpSurroundings& around, std::string_view indent);
/// Appends the lines of `defaults`: what they say, and nothing that is left to the services.
void append_defaults(std::string& text, const config::ServiceSpec& defaults,
                     const DumpSurroundings& around, std::string_view indent);

/// The addresses whose names the lines show.
[[nodiscard]] std::vector<access::IpAddress> shown_addresses(const config::ServiceSpec& spec);

} // namespace usherd::core
