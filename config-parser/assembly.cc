// SPDX-License-Identifier: BSD-2-Clause
//
// From entries to services.

#include "config-parser/assembly.h"

#include <utility>

#include "config-parser/merge.h"
#include "config-parser/validate.h"
#include "config-parser/value_report.h"

namespace usherd::config {

Assembly::Assembly(SetterContext& context, const LoadOptions& options,
                   const ServiceDraft* final_defaults)
    : context_(context), options_(options), final_(final_defaults)
{
    so_far_.kind = RawSection::Kind::defaults;
}

void Assembly::take(RawSection section)
{
    if (section.kind == RawSection::Kind::defaults)
        take_defaults(std::move(section));
    else if (!came_too_late_)
        take_service(std::move(section));
}

void Assembly::take(const LostService& lost)
{
    if (!is_wanted(final_defaults(), lost.id))
        return;
    dropped_.push_back({lost.id, lost.name, lost.location, "its entry was lost to a syntax error"});
}

void Assembly::take_over(std::span<const SpecPointer> services, bool used_defaults)
{
    seen_service_ = true;
    defaults_used_ = defaults_used_ || used_defaults;
    for (const SpecPointer& service : services)
        pool_.learn(*service);
    services_.insert(services_.end(), services.begin(), services.end());
}

void Assembly::apply_all(ServiceDraft& draft, RawSection& section)
{
    apply(draft, section, context_);
    if (section.grammar_error && !draft.disabled)
        context_.diagnostics.add(*std::move(section.grammar_error));
}

void Assembly::take_defaults(RawSection section)
{
    came_too_late_ = came_too_late_ || (seen_service_ && final_ == nullptr);
    const RawAttribute* const attribute = seen_service_ ? first_order_dependent(section) : nullptr;
    if (attribute != nullptr)
        context_.diagnostics
            .warning(attribute->location,
                     "{} in defaults after services: xinetd does not apply it to the services "
                     "above, usherd does",
                     attribute->name)
            .unknown_to_xinetd = true;
    const std::size_t first = context_.diagnostics.all().size();
    const bool was_bad = std::exchange(so_far_.bad_value, false);
    apply_all(so_far_, section);
    if (so_far_.bad_value && !was_bad)
        bad_defaults_ = section.location;
    if (refused_because_.empty() && (so_far_.bad_value || section.grammar_error)) {
        const Diagnostic* const error = first_fatal(first);
        refused_because_ = error != nullptr ? brief(*error) : "an error in defaults";
    }
    so_far_.bad_value = so_far_.bad_value || was_bad;
    defaults_changed_ = true;
}

void Assembly::take_service(RawSection section)
{
    seen_service_ = true;
    const std::size_t first = context_.diagnostics.all().size();
    ServiceDraft draft = begin_service(section, {final_defaults(), so_far_});
    apply_all(draft, section);
    if (draft.disabled || !is_wanted(final_defaults(), shown_name(draft.spec)))
        return;
    if (section.from_inetd)
        tell_of_lists(section);
    if (section.grammar_error || draft.bad_value)
        drop(draft.spec, first);
    else
        finish_service(std::move(draft), first);
}

/// Who comes from xinetd had services of inetd.conf that the lists of `defaults` left open.
void Assembly::tell_of_lists(const RawSection& section)
{
    const ServiceDraft& defaults = final_defaults();
    if ((!defaults.only_from && !defaults.no_access) || std::exchange(told_of_lists_, true))
        return;
    context_.diagnostics
        .warning(section.location,
                 "only_from and no_access in defaults hold for services of inetd.conf, too; "
                 "xinetd does not apply them there")
        .unknown_to_xinetd = true;
}

void Assembly::finish_service(ServiceDraft draft, std::size_t first_diagnostic)
{
    inherit_log_flags(draft, final_defaults());
    if (std::exchange(defaults_changed_, false)) {
        ServiceDraft defaults = final_defaults();
        finish_defaults(defaults, context_);
        finished_defaults_ = std::move(defaults.spec);
    }
    context_.diagnostics.set_after_reading(true);
    auto spec = finish(draft, finished_defaults_, options_, context_);
    defaults_used_ = defaults_used_ || draft.has_place;
    context_.diagnostics.set_after_reading(false);
    if (!spec)
        return drop(draft.spec, first_diagnostic);
    pool_.share(*spec);
    services_.push_back(std::make_shared<const ServiceSpec>(*std::move(spec)));
}

void Assembly::drop(const ServiceSpec& spec, std::size_t first_diagnostic)
{
    const Diagnostic* const error = first_fatal(first_diagnostic);
    dropped_.push_back({shown_name(spec), spec.name, spec.location,
                        error != nullptr ? brief(*error) : "its configuration is broken"});
}

const Diagnostic* Assembly::first_fatal(std::size_t from) const noexcept
{
    for (const Diagnostic& diagnostic : context_.diagnostics.all().subspan(from))
        if (diagnostic.effect >= Effect::service_dropped)
            return &diagnostic;
    return nullptr;
}

void Assembly::complete(LoadResult& result) &&
{
    Diagnostics& diagnostics = context_.diagnostics;
    diagnostics.set_after_reading(true);
    diagnostics.set_given_up(so_far_.bad_value);
    check_duplicates(services_, dropped_, diagnostics);
    result.services = std::move(services_);
    result.dropped = std::move(dropped_);
    result.refused_because = std::move(refused_because_);
    result.defaults_fatal = so_far_.bad_value;
    diagnostics.set_given_up(false);
    if (so_far_.bad_value)
        diagnostics.error(bad_defaults_, "defaults hold a bad value: the configuration is refused")
            .effect = Effect::load_refused;
    finish_defaults(so_far_, context_);
    result.status_group = so_far_.status_group;
    result.defaults = std::move(so_far_.spec);
    result.defaults_used = defaults_used_;
    diagnostics.set_after_reading(false);
}

} // namespace usherd::config
