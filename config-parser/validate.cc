// SPDX-License-Identifier: BSD-2-Clause
//
// The order of the steps, and what the server process gets: argv and groups.

#include "config-parser/validate.h"

#include <algorithm>
#include <utility>

#include "config-parser/finishing.h"
#include "config-parser/size_syntax.h"
#include "config-parser/value_report.h"

namespace usherd::config {

namespace {

std::string_view base_name(std::string_view path) noexcept
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Without NAMEINARGS argv[0] is the last component of the server's path; the order of `flags`
/// and `server_args` in the file does not matter.
void make_argv(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    if (spec.is_internal() || spec.settings->redirect)
        return;
    const auto& words = service.draft.server_args;
    spec.process->argv.reserve(words.size() + 1);
    if (!service.has(ServiceFlag::nameinargs))
        spec.process->argv.emplace_back(base_name(spec.process->server));
    for (const Word& word : words)
        spec.process->argv.push_back(word.text);
    if (spec.process->argv.empty())
        spec.process->argv.emplace_back(); // what the kernel makes of no argv[0]
}

/// Two names may share a uid: the one that was written has the groups.
std::optional<UserEntry> account(const UserRef& user, NameLookup& names)
{
    return all_digits(user.text) ? names.user(user.uid) : names.user(user.text);
}

void look_up_groups(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    if (!spec.process->groups || !spec.process->user)
        return;
    if (spec.process->user->has_account) {
        if (const auto entry = account(*spec.process->user, service.context.names))
            spec.process->supplementary_groups = service.context.names.groups_of(*entry);
        return;
    }
    service
        .remark(Severity::warning, service.is_given("groups") ? "groups" : "user",
                fmt::format("groups = yes, but uid {} has no account and so no groups",
                            spec.process->user->uid))
        .unknown_to_xinetd = true;
}

void place_origins(ServiceDraft& draft)
{
    const auto comes_before = [](const AttributeOrigin& left, const AttributeOrigin& right) {
        return left.attribute < right.attribute;
    };
    // As they are where nothing was inherited; a stable sort takes memory even then.
    if (!std::is_sorted(draft.origins.begin(), draft.origins.end(), comes_before))
        std::stable_sort(draft.origins.begin(), draft.origins.end(), comes_before);
    draft.spec.set_origins(draft.origins);
}

} // namespace

std::optional<ServiceSpec> finish(ServiceDraft& draft, const ServiceSpec& defaults,
                                  const LoadOptions& options, SetterContext& context)
{
    if (draft.bad_value)
        return std::nullopt;
    Finishing service{draft, defaults, options, context};
    ServiceSpec& spec = draft.spec;
    if (spec.id.empty())
        spec.id = spec.name;
    inherit_settings(service);
    derive_transport(service);
    check_service(service);
    if (!service.good)
        return std::nullopt;
    derive_endpoints(service);
    if (!service.good)
        return std::nullopt;
    make_argv(service);
    look_up_groups(service);
    compile_address_lists(service);
    place_origins(draft);
    // cppcheck-suppress returnStdMoveLocal ; it is the draft's, which is done with
    return std::move(spec);
}

Diagnostic& Finishing::fail(std::string_view attribute, const std::string& message)
{
    const Severity severity =
        std::exchange(good, false) || tells_all ? Severity::error : Severity::note;
    return add(severity, Effect::service_dropped, attribute, message);
}

Diagnostic& Finishing::remark(Severity severity, std::string_view attribute,
                              const std::string& message)
{
    // What xinetd would say of a service that it has given up is a note, too.
    return add(good ? severity : Severity::note, Effect::none, attribute, message);
}

bool Finishing::is_given(std::string_view attribute) const
{
    const auto row = find_attribute(attribute);
    return row && draft.given(*row).has_value();
}

Diagnostic& Finishing::add(Severity severity, Effect effect, std::string_view attribute,
                           const std::string& message)
{
    const auto row = find_attribute(attribute);
    const auto place = row ? draft.given(*row) : std::nullopt;
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.effect = effect;
    diagnostic.location = place.value_or(draft.spec.location);
    const std::size_t length = place ? attribute.size() : std::string_view{"service"}.size();
    diagnostic.length = static_cast<std::uint32_t>(length);
    diagnostic.message = fmt::format("service '{}': {}", shown_name(draft.spec), message);
    diagnostic.service = shown_name(draft.spec);
    diagnostic.attribute = attribute;
    return context.diagnostics.add(std::move(diagnostic));
}

} // namespace usherd::config
