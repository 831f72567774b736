// SPDX-License-Identifier: BSD-2-Clause
//
// UL001 to UL003: address lists. Prefixes are sorted so that each follows those it lies in; then
// one pass with a stack finds what is inside what, O(n log n).

#include <algorithm>

#include "config-parser/lint_checks.h"

namespace usherd::config {

namespace {

using access::Prefix;

// Host patterns are compared each with each.
constexpr std::size_t max_host_patterns = 500;

enum class Side : std::uint8_t { no_access, only_from };

/// One rule and where it stands.
struct Entry {
    const access::AddressRule* rule;
    SourceLocation place;
    Side side;
    std::size_t order; ///< in its list

    [[nodiscard]] const Prefix& prefix() const { return *std::get_if<Prefix>(rule); }
};

std::string text_of(const access::AddressRule& rule)
{
    if (const auto* pattern = std::get_if<access::HostPattern>(&rule))
        return pattern->text;
    const auto& prefix = *std::get_if<Prefix>(&rule);
    access::IpAddress::Bytes4 bytes4{};
    std::copy(prefix.bytes.begin() + 12, prefix.bytes.end(), bytes4.begin());
    const auto address = prefix.family == access::Family::ipv4
                             ? access::IpAddress::from_ipv4(bytes4)
                             : access::IpAddress::from_ipv6(prefix.bytes);
    return fmt::format("{}/{}", access::to_string(address), prefix.length);
}

int bits(const Prefix& prefix) noexcept
{
    return prefix.family == access::Family::ipv4 ? 96 + prefix.length : prefix.length;
}

bool contains(const Prefix& outer, const Prefix& inner) noexcept
{
    return outer.family == inner.family && outer.length <= inner.length &&
           access::keep_bits(inner.bytes, static_cast<unsigned>(bits(outer))) == outer.bytes;
}

bool contains(const Entry& outer, const Entry& inner)
{
    if (outer.rule->index() != inner.rule->index())
        return false;
    if (const auto* pattern = std::get_if<access::HostPattern>(outer.rule))
        return access::covers(*pattern, *std::get_if<access::HostPattern>(inner.rule));
    return contains(outer.prefix(), inner.prefix());
}

/// Each after what contains it; of equal ones no_access first, then in the order of the list.
bool sorts_before(const Entry& left, const Entry& right)
{
    const Prefix& one = left.prefix();
    const Prefix& other = right.prefix();
    return std::tie(one.family, one.bytes, one.length, left.side, left.order) <
           std::tie(other.family, other.bytes, other.length, right.side, right.order);
}

/// The lists of a service, or of `defaults`.
struct Lists {
    const ServiceSpec& spec;
    std::string owner; ///< `service 'x'`, `defaults`
    bool only_from;    ///< whether it is its own list, not that of `defaults`
    bool no_access;

    [[nodiscard]] bool is_own(Side side) const
    {
        return side == Side::only_from ? only_from : no_access;
    }
};

const char* name_of(Side side)
{
    return side == Side::only_from ? "only_from" : "no_access";
}

void collect(const std::optional<access::AddressSet>& set,
             const std::vector<SourceLocation>& places, Side side, std::vector<Entry>& prefixes,
             std::vector<Entry>& patterns)
{
    if (!set || places.size() != set->rules().size())
        return;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const access::AddressRule& rule = set->rules()[i];
        auto& target = std::holds_alternative<Prefix>(rule) ? prefixes : patterns;
        target.push_back({&rule, places[i], side, i});
    }
}

class ListCheck {
public:
    ListCheck(LintRun& run, const Lists& lists) : run_(run), lists_(lists) {}

    /// `inner` lies inside `outer`, or is the same.
    void judge(const Entry& outer, const Entry& inner)
    {
        if (outer.side == inner.side)
            judge_one_list(outer, inner);
        else if (outer.side == Side::no_access)
            judge_both(outer, inner);
    }

private:
    void judge_one_list(const Entry& outer, const Entry& inner)
    {
        // One word may stand for several addresses, which a resolver may name twice.
        if (!lists_.is_own(inner.side) || outer.place == inner.place)
            return;
        if (access::same_rule(*outer.rule, *inner.rule)) {
            report(Lint::duplicate_entry, inner, "{}: {} stands in {} twice, first at {}",
                   lists_.owner, text_of(*inner.rule), name_of(inner.side),
                   run_.place(outer.place));
            return;
        }
        // With `closest` the length of a match counts against the other list.
        const access::Policy& policy = *lists_.spec.policy;
        if (policy.access_match == access::AccessMatch::deny_first ||
            !(inner.side == Side::only_from ? policy.no_access : policy.only_from))
            report(Lint::shadowed_entry, inner, "{}: {} in {} lies inside {} at {}", lists_.owner,
                   text_of(*inner.rule), name_of(inner.side), text_of(*outer.rule),
                   run_.place(outer.place));
    }

    void judge_both(const Entry& denied, const Entry& allowed)
    {
        if (!lists_.only_from && !lists_.no_access)
            return; // both of `defaults`: told there
        const bool same = access::same_rule(*denied.rule, *allowed.rule);
        if (same || lists_.spec.policy->access_match == access::AccessMatch::deny_first)
            report(Lint::in_both_lists, allowed,
                   "{}: {} is in only_from, but no_access has {} at {}", lists_.owner,
                   text_of(*allowed.rule), text_of(*denied.rule), run_.place(denied.place));
    }

    template <typename... Args>
    void report(Lint lint, const Entry& entry, fmt::format_string<Args...> format, Args&&... args)
    {
        const auto& pattern = *entry.rule;
        const std::size_t length =
            std::holds_alternative<Prefix>(pattern) ? 1 : text_of(pattern).size();
        Diagnostic& stored = run_.report(lint, entry.place, length,
                                         fmt::format(format, std::forward<Args>(args)...));
        stored.service = lists_.spec.id;
        stored.attribute = name_of(entry.side);
    }

    LintRun& run_;
    const Lists& lists_;
};

void check_prefixes(ListCheck& check, std::vector<Entry> entries)
{
    std::sort(entries.begin(), entries.end(), sorts_before);
    std::vector<const Entry*> around; // each inside the one before
    for (const Entry& entry : entries) {
        while (!around.empty() && !contains(*around.back(), entry))
            around.pop_back();
        // Of each side the nearest one that holds it.
        bool told[2] = {false, false};
        for (auto outer = around.rbegin(); outer != around.rend(); ++outer) {
            bool& done = told[static_cast<std::size_t>((*outer)->side)];
            if (!done)
                check.judge(**outer, entry);
            done = true;
        }
        around.push_back(&entry);
    }
}

void check_patterns(ListCheck& check, const std::vector<Entry>& entries)
{
    if (entries.size() > max_host_patterns)
        return;
    for (std::size_t i = 0; i < entries.size(); ++i)
        for (std::size_t j = 0; j < entries.size(); ++j) {
            const bool same = access::same_rule(*entries[i].rule, *entries[j].rule);
            const bool earlier = i < j || entries[i].side != entries[j].side;
            if (i != j && contains(entries[i], entries[j]) && (!same || earlier))
                check.judge(entries[i], entries[j]);
        }
}

void check_lists(LintRun& run, const Lists& lists)
{
    const ShownLists* shown = lists.spec.shown_lists.get();
    if (shown == nullptr || (!lists.only_from && !lists.no_access))
        return;
    std::vector<Entry> prefixes;
    std::vector<Entry> patterns;
    const access::Policy& policy = *lists.spec.policy;
    collect(policy.no_access, shown->no_access_places, Side::no_access, prefixes, patterns);
    collect(policy.only_from, shown->only_from_places, Side::only_from, prefixes, patterns);
    ListCheck check(run, lists);
    check_prefixes(check, std::move(prefixes));
    check_patterns(check, patterns);
}

} // namespace

void lint_addresses(LintRun& run)
{
    const ServiceSpec& defaults = run.loaded().defaults;
    check_lists(run, {defaults, "defaults", true, true});
    for (const SpecPointer& spec : run.loaded().services)
        check_lists(run, {*spec, fmt::format("service '{}'", spec->id),
                          own_place(*spec, "only_from").has_value(),
                          own_place(*spec, "no_access").has_value()});
}

} // namespace usherd::config
