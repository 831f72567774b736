// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/address_set.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "access-control/prefix_table.h"

namespace usherd::access {

namespace {

constexpr int mapped_prefix_bits = 96;
constexpr int address_bits = 128;
// Up to this many prefixes are compared one by one: faster than a search, and a table of tables
// would cost more than the rules when ten thousand services have one each.
constexpr std::size_t few_rules = 8;

char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

bool ends_in(std::string_view text, std::string_view end) noexcept
{
    return text.size() >= end.size() &&
           equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

bool holds(const Prefix& prefix, const Peer& peer) noexcept
{
    const IpAddress& address = peer.address;
    if (prefix.family == Family::ipv4)
        return address.family() == Family::ipv4 &&
               address.masked(prefix.length).bytes() == prefix.bytes;
    const bool on_ipv6_socket = address.family() == Family::ipv6 || peer.arrival == Arrival::mapped;
    return on_ipv6_socket && keep_bits(address.bytes(), prefix.length) == prefix.bytes;
}

int bits(const Prefix& prefix) noexcept
{
    return prefix.family == Family::ipv4 ? mapped_prefix_bits + prefix.length : prefix.length;
}

std::uint32_t ipv4_number(const IpAddress::Bytes16& bytes) noexcept
{
    std::uint32_t number = 0;
    for (std::size_t i = 12; i < bytes.size(); ++i)
        number = number << 8 | bytes[i];
    return number;
}

Number128 ipv6_number(const IpAddress::Bytes16& bytes) noexcept
{
    Number128 number;
    for (std::size_t i = 0; i < 8; ++i) {
        number.high = number.high << 8 | bytes[i];
        number.low = number.low << 8 | bytes[i + 8];
    }
    return number;
}

/// The longest match so far; of two with the same length, the rule that stands first in the list.
class Longest {
public:
    void offer(int length, std::size_t rule) noexcept
    {
        const bool earlier = length == best_.bits && rule < best_.rule;
        if (length > best_.bits || (earlier && length != no_match))
            best_ = {length, rule};
    }
    [[nodiscard]] const Match& best() const noexcept { return best_; }

private:
    Match best_;
};

} // namespace

bool is_domain(const HostPattern& pattern) noexcept
{
    return pattern.text.starts_with('.');
}

int match_bits(const HostPattern& pattern, std::string_view host_name) noexcept
{
    if (host_name.empty() || pattern.text.empty())
        return no_match;
    if (is_domain(pattern))
        return host_name.size() > pattern.text.size() && ends_in(host_name, pattern.text)
                   ? domain_match
                   : no_match;
    return equal_ignoring_case(host_name, pattern.text) ? address_bits : no_match;
}

bool covers(const HostPattern& outer, const HostPattern& inner) noexcept
{
    if (outer.text.empty() || inner.text.empty())
        return inner.text.empty();
    return is_domain(outer) ? ends_in(inner.text, outer.text)
                            : equal_ignoring_case(inner.text, outer.text);
}

bool same_rule(const AddressRule& left, const AddressRule& right) noexcept
{
    if (left.index() != right.index())
        return false;
    if (const auto* prefix = std::get_if<Prefix>(&left))
        return *prefix == *std::get_if<Prefix>(&right);
    return equal_ignoring_case(std::get_if<HostPattern>(&left)->text,
                               std::get_if<HostPattern>(&right)->text);
}

Prefix make_prefix(Family family, IpAddress::Bytes16 bytes, unsigned length) noexcept
{
    const unsigned limit = family == Family::ipv4 ? 32 : 128;
    length = std::min(length, limit);
    const unsigned kept = family == Family::ipv4 ? mapped_prefix_bits + length : length;
    return {family, keep_bits(bytes, kept), static_cast<std::uint8_t>(length)};
}

Prefix make_prefix(const IpAddress& address)
{
    return make_prefix(address.family(), address.bytes(), address_bits);
}

struct AddressSet::Table {
    /// What makes a long list, or one with host patterns, quick to search.
    struct Index {
        explicit Index(std::span<const AddressRule> rules);

        PrefixTable<std::uint32_t> ipv4;
        PrefixTable<Number128> ipv6;
        std::vector<std::uint32_t> host_patterns; ///< positions in the list
    };

    explicit Table(std::vector<AddressRule> list) : rules(std::move(list))
    {
        rules.shrink_to_fit();
        const bool only_prefixes = std::all_of(rules.begin(), rules.end(), [](const auto& rule) {
            return std::holds_alternative<Prefix>(rule);
        });
        if (rules.size() > few_rules || !only_prefixes)
            index = std::make_unique<const Index>(rules);
    }

    [[nodiscard]] const Prefix& prefix(std::size_t rule) const noexcept
    {
        return *std::get_if<Prefix>(&rules[rule]);
    }

    std::vector<AddressRule> rules;
    std::unique_ptr<const Index> index; ///< absent when the list is a few prefixes
};

AddressSet::Table::Index::Index(std::span<const AddressRule> rules)
{
    assert(rules.size() < std::numeric_limits<std::uint32_t>::max());
    std::vector<PrefixTable<std::uint32_t>::Entry> ipv4_entries;
    std::vector<PrefixTable<Number128>::Entry> ipv6_entries;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
        const auto* prefix = std::get_if<Prefix>(&rules[i]);
        if (prefix == nullptr)
            host_patterns.push_back(i);
        else if (prefix->family == Family::ipv4)
            ipv4_entries.push_back({ipv4_number(prefix->bytes), i, prefix->length});
        else
            ipv6_entries.push_back({ipv6_number(prefix->bytes), i, prefix->length});
    }
    ipv4 = PrefixTable<std::uint32_t>(std::move(ipv4_entries));
    ipv6 = PrefixTable<Number128>(std::move(ipv6_entries));
}

AddressSet::AddressSet(std::vector<AddressRule> rules)
{
    if (!rules.empty())
        table_ = std::make_shared<const Table>(std::move(rules));
}

Match AddressSet::longest_match(const Peer& peer, std::string_view host_name) const noexcept
{
    Longest longest;
    if (!table_)
        return longest.best();
    if (!table_->index) {
        for (std::size_t i = 0; i < table_->rules.size(); ++i)
            if (holds(table_->prefix(i), peer))
                longest.offer(bits(table_->prefix(i)), i);
        return longest.best();
    }

    const Table::Index& index = *table_->index;
    const IpAddress& address = peer.address;
    if (address.family() == Family::ipv4)
        if (const auto rule = index.ipv4.find(ipv4_number(address.bytes())))
            longest.offer(bits(table_->prefix(*rule)), *rule);
    if (address.family() == Family::ipv6 || peer.arrival == Arrival::mapped)
        if (const auto rule = index.ipv6.find(ipv6_number(address.bytes())))
            longest.offer(bits(table_->prefix(*rule)), *rule);
    if (!host_name.empty())
        for (const std::uint32_t rule : index.host_patterns)
            longest.offer(match_bits(*std::get_if<HostPattern>(&table_->rules[rule]), host_name),
                          rule);
    return longest.best();
}

bool AddressSet::has_host_patterns() const noexcept
{
    return !host_pattern_positions().empty();
}

std::span<const std::uint32_t> AddressSet::host_pattern_positions() const noexcept
{
    if (!table_ || !table_->index)
        return {};
    return table_->index->host_patterns;
}

std::span<const AddressRule> AddressSet::rules() const noexcept
{
    if (!table_)
        return {};
    return table_->rules;
}

bool AddressSet::operator==(const AddressSet& other) const
{
    return table_ == other.table_ || std::ranges::equal(rules(), other.rules());
}

} // namespace usherd::access
