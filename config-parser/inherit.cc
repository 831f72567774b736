// SPDX-License-Identifier: BSD-2-Clause
//
// What a service gets from `defaults`, wherever they stand in the files.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>

#include "config-parser/finishing.h"
#include "config-parser/validate.h"

namespace usherd::config {

namespace {

/// Copies the value of one attribute from `defaults`.
struct Inheritance {
    std::string_view attribute;
    void (*copy)(ServiceSpec& spec, const ServiceSpec& defaults);
};

constexpr std::array inheritances{
    Inheritance{"groups",
                [](auto& spec, auto& from) { spec.process->groups = from.process->groups; }},
    Inheritance{"instances",
                [](auto& spec, auto& from) { spec.policy->instances = from.policy->instances; }},
    Inheritance{"per_source",
                [](auto& spec, auto& from) { spec.policy->per_source = from.policy->per_source; }},
    Inheritance{"cps", [](auto& spec, auto& from) { spec.policy->cps = from.policy->cps; }},
    Inheritance{"max_load",
                [](auto& spec, auto& from) { spec.policy->max_load = from.policy->max_load; }},
    Inheritance{"umask", [](auto& spec, auto& from) { spec.process->umask = from.process->umask; }},
    Inheritance{"log_type",
                [](auto& spec, auto& from) {
                    spec.settings->log_target = from.settings->log_target;
                    spec.settings->log_target_inherited = true;
                }},
    Inheritance{"v6only",
                [](auto& spec, auto& from) { spec.settings->v6only = from.settings->v6only; }},
    Inheritance{"backlog",
                [](auto& spec, auto& from) { spec.settings->backlog = from.settings->backlog; }},
    Inheritance{"freebind",
                [](auto& spec, auto& from) { spec.settings->freebind = from.settings->freebind; }},
    Inheritance{
        "socket_mode",
        [](auto& spec, auto& from) { spec.settings->socket_mode = from.settings->socket_mode; }},
    Inheritance{
        "socket_owner",
        [](auto& spec, auto& from) { spec.settings->socket_owner = from.settings->socket_owner; }},
    Inheritance{
        "socket_group",
        [](auto& spec, auto& from) { spec.settings->socket_group = from.settings->socket_group; }},
    Inheritance{
        "stderr",
        [](auto& spec, auto& from) { spec.process->stderr_target = from.process->stderr_target; }},
    Inheritance{"max_runtime", [](auto& spec, auto& from) { spec.max_runtime = from.max_runtime; }},
    Inheritance{"kill_grace", [](auto& spec, auto& from) { spec.kill_grace = from.kill_grace; }},
    Inheritance{
        "limit_action",
        [](auto& spec, auto& from) { spec.settings->limit_action = from.settings->limit_action; }},
    Inheritance{
        "cps_action",
        [](auto& spec, auto& from) { spec.settings->cps_action = from.settings->cps_action; }},
    Inheritance{
        "access_match",
        [](auto& spec, auto& from) { spec.policy->access_match = from.policy->access_match; }},
    Inheritance{
        "no_new_privs",
        [](auto& spec, auto& from) { spec.process->no_new_privs = from.process->no_new_privs; }},
};

/// Lists and banners are in the draft already; their origin is not.
constexpr std::array<std::string_view, 8> copied_before{
    "log_on_success", "log_on_failure", "passenv",        "only_from",
    "no_access",      "banner",         "banner_success", "banner_fail"};
/// So many of them are for entries of inetd.conf, too. xinetd copies three, and leaves such
/// services without the address lists (S3).
constexpr std::size_t copied_to_inetd = 5;

using OriginList = std::vector<AttributeOrigin>;

/// The rows of attributes that have a name.
template <std::size_t count, typename Name>
std::array<std::uint16_t, count> rows_of(const std::array<Name, count>& named,
                                         std::string_view (*name_of)(const Name&))
{
    std::array<std::uint16_t, count> rows{};
    std::transform(named.begin(), named.end(), rows.begin(),
                   [name_of](const Name& name) { return *find_attribute(name_of(name)); });
    return rows;
}

std::optional<AttributeOrigin> origin_in(const OriginList& defaults, std::uint16_t attribute)
{
    for (const AttributeOrigin& origin : defaults)
        if (origin.attribute == attribute)
            return AttributeOrigin{attribute, true, origin.location};
    return std::nullopt;
}

bool has_origin(const OriginList& origins, std::uint16_t attribute)
{
    return std::any_of(origins.begin(), origins.end(), [attribute](const AttributeOrigin& origin) {
        return origin.attribute == attribute;
    });
}

/// `bind` and `interface` are one attribute; `listen` takes its place.
void inherit_bind(Finishing& service, const OriginList& of_defaults)
{
    if (service.draft.bind || service.listens_as_told() ||
        service.defaults.settings->bind_text.empty())
        return;
    service.spec().settings->bind_text = service.defaults.settings->bind_text;
    for (const std::string_view name : {std::string_view{"bind"}, std::string_view{"interface"}})
        if (const auto origin = origin_in(of_defaults, *find_attribute(name)))
            service.draft.origins.push_back(*origin);
}

using PlacedRules = std::vector<PlacedRule>;

access::AddressSet compile(const PlacedRules& list)
{
    std::vector<access::AddressRule> rules;
    rules.reserve(list.size());
    for (const PlacedRule& placed : list)
        rules.push_back(placed.rule);
    return access::AddressSet(std::move(rules));
}

std::string shown(const PlacedRules& list)
{
    std::string text;
    for (const PlacedRule& placed : list) {
        text += ' ';
        text += placed.shown;
    }
    return text;
}

std::vector<SourceLocation> places(const PlacedRules& list, const SetterContext& context)
{
    std::vector<SourceLocation> places;
    if (!context.keep_rule_places)
        return places;
    places.reserve(list.size());
    for (const PlacedRule& placed : list)
        places.push_back(placed.location);
    return places;
}

/// Compiles the lists that the draft has.
void compile_lists(ServiceDraft& draft, const SetterContext& context)
{
    if (!draft.only_from && !draft.no_access)
        return;
    ServiceSpec& spec = draft.spec;
    auto lists = spec.shown_lists == nullptr ? ShownLists{} : *spec.shown_lists;
    if (draft.only_from) {
        spec.policy->only_from = compile(*draft.only_from);
        lists.only_from = shown(*draft.only_from);
        lists.only_from_places = places(*draft.only_from, context);
    }
    if (draft.no_access) {
        spec.policy->no_access = compile(*draft.no_access);
        lists.no_access = shown(*draft.no_access);
        lists.no_access_places = places(*draft.no_access, context);
    }
    spec.shown_lists = std::make_shared<const ShownLists>(std::move(lists));
}

} // namespace

void inherit_settings(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    OriginList& origins = service.draft.origins;
    const OriginList of_defaults = service.defaults.origins();
    static const auto inherited = rows_of<inheritances.size(), Inheritance>(
        inheritances, [](const Inheritance& inheritance) { return inheritance.attribute; });
    static const auto copied_rows = rows_of<copied_before.size(), std::string_view>(
        copied_before, [](const std::string_view& name) { return name; });
    for (std::size_t i = 0; i < inheritances.size(); ++i) {
        const auto origin = origin_in(of_defaults, inherited[i]);
        if (!origin || has_origin(origins, inherited[i]))
            continue;
        inheritances[i].copy(spec, service.defaults);
        origins.push_back(*origin);
    }
    const std::size_t copied = service.draft.from_inetd ? copied_to_inetd : copied_before.size();
    for (const std::uint16_t row : std::span(copied_rows).first(copied)) {
        const auto origin = origin_in(of_defaults, row);
        if (origin && !has_origin(origins, row))
            origins.push_back(*origin);
    }
    inherit_bind(service, of_defaults);
}

void compile_address_lists(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    spec.policy->only_from = service.defaults.policy->only_from;
    spec.policy->no_access = service.defaults.policy->no_access;
    spec.shown_lists = service.defaults.shown_lists;
    compile_lists(service.draft, service.context);
}

void finish_defaults(ServiceDraft& draft, SetterContext& context)
{
    compile_lists(draft, context);
    draft.spec.set_origins(draft.origins);
}

} // namespace usherd::config
