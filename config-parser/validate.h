// SPDX-License-Identifier: BSD-2-Clause
//
// Rules across attributes: what `defaults` give, what follows from what, what contradicts what.
// Makes a ServiceSpec of a draft whose lines are all in, or says why there is none.

#pragma once

#include <optional>
#include <vector>

#include "config-parser/attribute_table.h"
#include "config-parser/load.h"
#include "config-parser/service_draft.h"

namespace usherd::config {

/// Fills in defaults and derived values, then checks. Attributes that a service extends
/// (only_from, no_access, passenv, log_on_*) and banners were copied into the draft before its
/// lines; all others are inherited here.
/// @param defaults what finish_defaults left in its draft's spec
/// @return none if the service cannot run; the diagnostics say why. The draft is used up.
/// @see xinetd.conf(5) for what each attribute requires
[[nodiscard]] std::optional<ServiceSpec> finish(ServiceDraft& draft, const ServiceSpec& defaults,
                                                const LoadOptions& options, SetterContext& context);

/// Drops each service that cannot listen because an earlier one listens there: stream services
/// whose addresses overlap (as the kernel has it), datagram services with one and the same
/// address, UNIX sockets of one name. O(n log n).
void check_duplicates(std::vector<SpecPointer>& services, std::vector<DroppedService>& dropped,
                      Diagnostics& diagnostics);

/// Compiles the address lists of `defaults`, which all services then share.
void finish_defaults(ServiceDraft& draft, SetterContext& context);

} // namespace usherd::config
