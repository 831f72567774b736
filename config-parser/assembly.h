// SPDX-License-Identifier: BSD-2-Clause
//
// Entries, one after another, to services: applies `defaults`, filters by `enabled` and
// `disabled`, finishes each service at once, so that only one draft exists at a time.

#pragma once

#include <span>
#include <utility>
#include <vector>

#include "config-parser/attribute_table.h"
#include "config-parser/load.h"
#include "config-parser/raw_model.h"
#include "config-parser/service_draft.h"
#include "config-parser/spec_pool.h"

namespace usherd::config {

class Assembly {
public:
    /// @param final_defaults what all `defaults` say, if an earlier pass has found out; else null.
    /// All must outlive the assembly.
    Assembly(SetterContext& context, const LoadOptions& options,
             const ServiceDraft* final_defaults);

    void take(RawSection section);
    void take(const LostService& lost);

    /// Services that an earlier load has made, as if their entries came now.
    void take_over(std::span<const SpecPointer> services, bool used_defaults);
    /// Those so far, before the checks between services.
    [[nodiscard]] const std::vector<SpecPointer>& services() const noexcept { return services_; }
    /// Sets whether some service was completed from `defaults`. @return what it was
    bool note_defaults_used(bool used) noexcept { return std::exchange(defaults_used_, used); }

    /// `defaults` came after a service, and final_defaults were not given: what take() made of
    /// services is incomplete, and a second pass with defaults() is needed.
    [[nodiscard]] bool came_too_late() const noexcept { return came_too_late_; }
    [[nodiscard]] const ServiceDraft& defaults() const noexcept { return so_far_; }

    /// Checks between services, and the verdict over `defaults`.
    void complete(LoadResult& result) &&;

private:
    void take_defaults(RawSection section);
    void take_service(RawSection section);
    void tell_of_lists(const RawSection& section);
    void apply_all(ServiceDraft& draft, RawSection& section);
    void finish_service(ServiceDraft draft, std::size_t first_diagnostic);
    void drop(const ServiceSpec& spec, std::size_t first_diagnostic);
    [[nodiscard]] const ServiceDraft& final_defaults() const noexcept
    {
        return final_ != nullptr ? *final_ : so_far_;
    }
    [[nodiscard]] const Diagnostic* first_fatal(std::size_t from) const noexcept;

    SetterContext& context_;
    const LoadOptions& options_;
    const ServiceDraft* final_;
    ServiceDraft so_far_;
    ServiceSpec finished_defaults_; ///< of final_defaults()
    bool defaults_used_ = false;
    bool defaults_changed_ = true; ///< since finished_defaults_ was made
    bool seen_service_ = false;
    bool came_too_late_ = false;
    bool told_of_lists_ = false;  ///< that those of `defaults` are not for inetd.conf
    SourceLocation bad_defaults_; ///< the entry with a bad value
    std::string refused_because_; ///< the first error in `defaults`

    SpecPool pool_;
    std::vector<SpecPointer> services_;
    std::vector<DroppedService> dropped_;
};

} // namespace usherd::config
