// SPDX-License-Identifier: BSD-2-Clause
//
// Attribute lines to drafts, in xinetd's order of checks.

#include "config-parser/merge.h"

#include <algorithm>
#include <array>

#include "config-parser/enum_syntax.h"
#include "config-parser/value_report.h"

namespace usherd::config {

namespace {

/// `interface` is another name of `bind`: giving both is a repetition.
std::uint16_t canonical(std::uint16_t row) noexcept
{
    static const auto interface = find_attribute("interface");
    static const auto bind = find_attribute("bind");
    return row == interface ? *bind : row;
}

void note_origin(ServiceDraft& draft, AttributeOrigin origin)
{
    auto& origins = draft.origins;
    const auto place = std::lower_bound(
        origins.begin(), origins.end(), origin.attribute,
        [](const AttributeOrigin& entry, std::uint16_t row) { return entry.attribute < row; });
    if (place != origins.end() && place->attribute == origin.attribute)
        *place = origin;
    else
        origins.insert(place, origin);
}

/// What xinetd copies into a service when it reaches the entry.
constexpr std::array<std::string_view, 6> order_dependent{
    "only_from", "no_access", "passenv", "banner", "banner_success", "banner_fail"};

bool mentions(const RawSection& section, std::string_view name) noexcept
{
    return std::any_of(section.attributes.begin(), section.attributes.end(),
                       [name](const RawAttribute& attribute) {
                           return equal_ignoring_case(attribute.name, name);
                       });
}

/// Carries out one line.
class LineApplier {
public:
    LineApplier(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
        : draft_(draft), attribute_(attribute), context_(context)
    {
    }

    void run();

private:
    [[nodiscard]] bool is_placed(const Row& row);
    [[nodiscard]] bool is_repeated(std::uint16_t number, const Row& row);
    [[nodiscard]] bool has_operator(const Row& row);
    [[nodiscard]] bool has_words(const Row& row);
    void unknown();
    void bad_value();
    Diagnostic& ignored(SourceLocation where, std::size_t length, std::string message);
    [[nodiscard]] bool in_defaults() const { return draft_.kind == RawSection::Kind::defaults; }

    ServiceDraft& draft_;
    const RawAttribute& attribute_;
    SetterContext& context_;
};

Diagnostic& LineApplier::ignored(SourceLocation where, std::size_t length, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = Severity::warning;
    diagnostic.effect = Effect::line_ignored;
    diagnostic.location = where;
    diagnostic.length = static_cast<std::uint32_t>(length);
    diagnostic.message = std::move(message);
    diagnostic.service = shown_name(draft_.spec);
    diagnostic.attribute = attribute_.name;
    return context_.diagnostics.add(std::move(diagnostic));
}

void LineApplier::unknown()
{
    Diagnostic& diagnostic = ignored(attribute_.location, attribute_.name.size(),
                                     fmt::format("unknown attribute '{}'", attribute_.name));
    suggest(diagnostic, suggest_attribute(attribute_.name));
}

bool LineApplier::is_placed(const Row& row)
{
    if (row.scope == Scope::anywhere || (row.scope == Scope::defaults_only) == in_defaults())
        return true;
    ignored(attribute_.location, attribute_.name.size(),
            in_defaults() ? fmt::format("{}: not possible in defaults", attribute_.name)
                          : fmt::format("{}: possible in defaults only", attribute_.name));
    return false;
}

/// The first value wins. (What a second log_type means in `defaults` its setter knows.)
bool LineApplier::is_repeated(std::uint16_t number, const Row& row)
{
    const bool replaces =
        row.operators == Operators::all || row.operators == Operators::set_and_add;
    if (row.repeat == Repeat::is_a_list && (in_defaults() || replaces))
        return false;
    const auto earlier = draft_.given(number);
    if (!earlier)
        return false;
    ignored(attribute_.location, attribute_.name.size(),
            fmt::format("{}: already set, the first value counts", attribute_.name));
    context_.diagnostics.note(*earlier, "it is here");
    return true;
}

bool LineApplier::has_operator(const Row& row)
{
    if (attribute_.op == AssignOp::set || row.operators == Operators::all ||
        (row.operators == Operators::set_and_add && attribute_.op == AssignOp::add) ||
        (row.operators == Operators::any_in_defaults && in_defaults()))
        return true;
    const std::string_view op = attribute_.op == AssignOp::add ? "+=" : "-=";
    ignored(attribute_.op_location, op.size(),
            fmt::format("{}: '{}' is not possible with this attribute", attribute_.name, op));
    return false;
}

bool LineApplier::has_words(const Row& row)
{
    const std::size_t found = attribute_.words.size();
    if (row.word_count == any_count || (row.word_count == at_least_one && found > 0) ||
        (row.word_count >= 0 && static_cast<std::size_t>(row.word_count) == found))
        return true;
    if (row.word_count == at_least_one) {
        ignored(attribute_.location, attribute_.name.size(),
                fmt::format("{}: at least one value is needed", attribute_.name))
            .effect = in_defaults() ? Effect::load_refused : Effect::service_dropped;
        bad_value();
        return false;
    }
    const auto wanted = static_cast<std::size_t>(row.word_count);
    const Word& place = found > wanted ? attribute_.words[wanted] : Word{};
    Diagnostic& diagnostic =
        ignored(found > wanted ? place.location : attribute_.location,
                found > wanted ? place.text.size() : attribute_.name.size(),
                fmt::format("{}: expected {} value{}, found {}", attribute_.name, wanted,
                            wanted == 1 ? "" : "s", found));
    if (found > wanted && place.text.starts_with('#'))
        diagnostic.suggestion = "a comment needs a line of its own";
    return false;
}

void LineApplier::bad_value()
{
    draft_.bad_value = true;
    if (in_defaults() || draft_.from_inetd)
        return;
    Diagnostic summary;
    summary.severity = Severity::error;
    summary.effect = Effect::service_dropped;
    summary.location = attribute_.location;
    summary.service = shown_name(draft_.spec);
    summary.attribute = attribute_.name;
    summary.message =
        fmt::format("service {} is disabled because of its '{}'", summary.service, attribute_.name);
    context_.diagnostics.add(std::move(summary)).source_line.clear(); // it was just shown
}

void LineApplier::run()
{
    const auto found = find_attribute(attribute_.name);
    if (!found)
        return unknown();
    const std::uint16_t number = canonical(*found);
    const Row& row = attribute_table()[number];
    if (!is_placed(row) || is_repeated(number, row) || !has_operator(row) || !has_words(row))
        return;
    if (!row.set(draft_, attribute_, context_))
        return bad_value();
    note_origin(draft_, {number, false, attribute_.location});
}

} // namespace

ServiceDraft begin_service(const RawSection& section, const DefaultsView& defaults)
{
    ServiceDraft draft;
    draft.kind = RawSection::Kind::service;
    draft.spec.name = section.name;
    draft.spec.location = section.location;
    draft.spec.settings->log_on_success = defaults.so_far.spec.settings->log_on_success;
    draft.spec.settings->log_on_failure = defaults.so_far.spec.settings->log_on_failure;
    draft.spec.process->passenv = defaults.final.spec.process->passenv;
    draft.from_inetd = section.from_inetd;
    draft.origins.reserve(section.attributes.size());
    if (section.from_inetd)
        return draft;
    draft.spec.settings->banner = defaults.final.spec.settings->banner;
    draft.spec.settings->banner_success = defaults.final.spec.settings->banner_success;
    draft.spec.settings->banner_fail = defaults.final.spec.settings->banner_fail;
    // A list may be long: a service that leaves it alone shares the compiled one of `defaults`.
    if (mentions(section, "only_from"))
        draft.only_from = defaults.final.only_from;
    if (mentions(section, "no_access"))
        draft.no_access = defaults.final.no_access;
    return draft;
}

void apply(ServiceDraft& draft, const RawSection& section, SetterContext& context)
{
    for (const RawAttribute& attribute : section.attributes) {
        LineApplier(draft, attribute, context).run();
        if (draft.disabled)
            return;
        if (draft.bad_value && draft.kind == RawSection::Kind::defaults)
            context.diagnostics.set_given_up(true); // xinetd exits there
    }
}

void inherit_log_flags(ServiceDraft& draft, const ServiceDraft& defaults)
{
    static const auto success = find_attribute("log_on_success").value();
    static const auto failure = find_attribute("log_on_failure").value();
    if (!draft.given(success))
        draft.spec.settings->log_on_success = defaults.spec.settings->log_on_success;
    if (!draft.given(failure))
        draft.spec.settings->log_on_failure = defaults.spec.settings->log_on_failure;
}

bool is_wanted(const ServiceDraft& defaults, std::string_view id) noexcept
{
    const auto names_it = [id](const std::vector<Word>& list) {
        return std::any_of(list.begin(), list.end(),
                           [id](const Word& word) { return equal_ignoring_case(word.text, id); });
    };
    return (!defaults.has_enabled || names_it(defaults.enabled)) &&
           !names_it(defaults.disabled_ids);
}

const RawAttribute* first_order_dependent(const RawSection& defaults) noexcept
{
    for (const RawAttribute& attribute : defaults.attributes)
        for (const std::string_view name : order_dependent)
            if (equal_ignoring_case(attribute.name, name))
                return &attribute;
    return nullptr;
}

} // namespace usherd::config
