// SPDX-License-Identifier: BSD-2-Clause
//
// A service on its way through validate.cc: what the steps share. The steps are in inherit.cc
// (defaults), endpoints.cc (where it listens) and service_checks.cc (what contradicts what).

#pragma once

#include <string>
#include <string_view>

#include "config-parser/attribute_table.h"
#include "config-parser/load.h"
#include "config-parser/service_draft.h"

namespace usherd::config {

/// All members but `good` must outlive it.
struct Finishing {
    ServiceDraft& draft;
    const ServiceSpec& defaults;
    const LoadOptions& options;
    SetterContext& context;
    bool good = true;       ///< false: the service is dropped
    bool tells_all = false; ///< further errors are as good as the first; else they are notes

    [[nodiscard]] ServiceSpec& spec() const noexcept { return draft.spec; }
    [[nodiscard]] bool is(ServiceType type) const { return draft.spec.types.has(type); }
    [[nodiscard]] bool has(ServiceFlag flag) const { return draft.spec.flags.has(flag); }
    /// Reached through tcpmux only: no socket of its own.
    [[nodiscard]] bool is_tcpmux_client() const
    {
        return is(ServiceType::tcpmux) || is(ServiceType::tcpmuxplus);
    }
    [[nodiscard]] bool listens_as_told() const { return !draft.listen.empty(); }

    /// ERROR, the service is dropped. The place is where the service gives `attribute`, else the
    /// service itself. The message starts with the service's id. xinetd stops at the first one: the
    /// next ones are notes.
    Diagnostic& fail(std::string_view attribute, const std::string& message);
    /// The same with another severity; the service stays.
    Diagnostic& remark(Severity severity, std::string_view attribute, const std::string& message);
    [[nodiscard]] bool is_given(std::string_view attribute) const;

private:
    Diagnostic& add(Severity severity, Effect effect, std::string_view attribute,
                    const std::string& message);
};

/// Takes from `defaults` what the service does not give.
void inherit_settings(Finishing& service);
/// Makes the policy's address lists; a list the service did not change is shared with `defaults`.
void compile_address_lists(Finishing& service);

/// Fills in socket type, protocol and port where one follows from the other.
void derive_transport(Finishing& service);
/// Family, address and port of each socket.
void derive_endpoints(Finishing& service);

/// Refusals and remarks, in xinetd's order.
void check_service(Finishing& service);

} // namespace usherd::config
