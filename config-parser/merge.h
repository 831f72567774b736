// SPDX-License-Identifier: BSD-2-Clause
//
// How attribute lines become drafts: which lines count, what `defaults` hand down and when, which
// services `enabled` and `disabled` leave over. The meaning of values is the setters' business.

#pragma once

#include <string_view>

#include "config-parser/attribute_table.h"
#include "config-parser/raw_model.h"
#include "config-parser/service_draft.h"

namespace usherd::config {

/// `defaults`, twice: xinetd lets a service begin with the log flags that were set when its entry
/// was reached, but (later) fills in from what all files say.
struct DefaultsView {
    const ServiceDraft& final;
    const ServiceDraft& so_far;
};

/// A draft with the banners, log flags and passenv of `defaults`, and those address lists that the
/// entry mentions, for its operators to act on.
/// xinetd takes those, too, as they are when the entry is reached, so that `only_from` in a later
/// `defaults` protects nothing; here they are final (only log_on_* are not).
[[nodiscard]] ServiceDraft begin_service(const RawSection& section, const DefaultsView& defaults);

/// Carries out the attribute lines in order. A line with an unknown or misplaced name, a repeated
/// one, a wrong operator or number of words is ignored with a warning; a bad value sets
/// draft.bad_value, and reading goes on. Nothing is read after `disable = yes`.
void apply(ServiceDraft& draft, const RawSection& section, SetterContext& context);

/// Log flags that the entry does not mention are those of the final `defaults`. (Everything else
/// that is handed down after reading: finish(), validate.h.)
void inherit_log_flags(ServiceDraft& draft, const ServiceDraft& defaults);

/// False if `enabled` or `disabled` leave the service out. The id counts, in any case.
[[nodiscard]] bool is_wanted(const ServiceDraft& defaults, std::string_view id) noexcept;

/// The first attribute in a `defaults` entry that xinetd hands down only to services that follow.
[[nodiscard]] const RawAttribute* first_order_dependent(const RawSection& defaults) noexcept;

} // namespace usherd::config
