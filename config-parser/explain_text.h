// SPDX-License-Identifier: BSD-2-Clause
//
// The steps of a decision in words, each with the line of the configuration that it comes from.
// The daemon and usherctl both use it, so that they cannot disagree.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access-control/explain.h"
#include "config-parser/service_spec.h"

namespace usherd::config {

struct StepText {
    std::string check;   ///< as access::name(Check)
    std::string verdict; ///< as access::name(Verdict)
    std::string text;    ///< one line for people
    std::optional<double> used, limit;
    std::optional<std::string> rule;        ///< of an address list: the rule that matched
    std::optional<SourceLocation> location; ///< of that rule, else of the attribute
};

/// How a client of this address would come in: an IPv4 one through an IPv6 socket, if there is one.
[[nodiscard]] access::Arrival arrival_at(const ServiceSpec& spec, const access::IpAddress& address);

/// The checks of `explanation`, and after them what only a real client comes to, each under the
/// name of the reason it refuses with: tcp_wrappers, the client's ident server, the making of a
/// process. Their verdict is `unknown`, if they concern the service.
/// @param explanation of `spec`'s policy and `facts`.
/// @param wrapped tcp_wrappers have, or may have, rules for the service
[[nodiscard]] std::vector<StepText> explain_text(const ServiceSpec& spec,
                                                 const access::Facts& facts,
                                                 const access::Explanation& explanation,
                                                 bool wrapped);

} // namespace usherd::config
