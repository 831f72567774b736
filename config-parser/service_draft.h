// SPDX-License-Identifier: BSD-2-Clause
//
// A service (or `defaults`) while its lines are read: the spec so far, which attributes were given
// and where, and what can only be decided once all lines are in (argv with NAMEINARGS, address
// rules with their operators, the family, bind). validate.h makes a ServiceSpec of it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config-parser/raw_model.h"
#include "config-parser/service_spec.h"

namespace usherd::config {

/// An address rule and the word it came from.
struct PlacedRule {
    access::AddressRule rule;
    SourceLocation location;
    std::string shown; ///< as the state dump has it: `10.1.2.0(NUMERIC)`, `localhost(HOST)`
};

struct ServiceDraft {
    ServiceSpec spec;                     ///< its origins not before it is finished
    std::vector<AttributeOrigin> origins; ///< ascending by attribute
    RawSection::Kind kind = RawSection::Kind::service;
    bool bad_value = false;  ///< some value was bad: the service will be dropped
    bool disabled = false;   ///< disable = yes
    bool has_place = false;  ///< server and port are known: xinetd completes it from `defaults`
    bool from_inetd = false; ///< see RawSection

    // Present if mentioned or inherited. A list that is present and empty admits nobody.
    std::optional<std::vector<PlacedRule>> only_from;
    std::optional<std::vector<PlacedRule>> no_access;
    std::vector<Word> server_args;
    std::optional<Word> bind;                      ///< bind or interface
    std::vector<access::IpAddress> bind_addresses; ///< what it resolved to
    std::vector<Word> listen;
    std::optional<SocketType> socket_type;
    std::optional<Protocol> protocol;
    std::optional<bool> wait;
    std::optional<std::uint32_t> rpc_number;
    std::vector<Word> enabled, disabled_ids; ///< in `defaults`: the lists of service ids
    bool has_enabled = false;
    std::optional<std::uint32_t> status_group; ///< in `defaults`

    /// Where the attribute with this row number was given in this entry (not inherited).
    [[nodiscard]] std::optional<SourceLocation> given(std::uint16_t attribute) const;
};

} // namespace usherd::config
