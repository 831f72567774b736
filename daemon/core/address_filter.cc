// SPDX-License-Identifier: BSD-2-Clause
//
// The addresses are cut into intervals with one verdict each. Of these a decision tree is made, one
// 32-bit word of the address after the other: as many comparisons as the logarithm of the rules.

#include "daemon/core/address_filter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <netinet/in.h>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "access-control/decision.h"

namespace usherd::core {

namespace {

using access::Family;
using access::IpAddress;
using access::Peer;

constexpr unsigned bits_per_word = 32;
constexpr std::uint32_t last_word = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t whole_segment = last_word;

/// An address as numbers, most significant first; IPv4 uses the last one only.
using Words = std::array<std::uint32_t, 4>;

Words words_of(const IpAddress::Bytes16& bytes) noexcept
{
    Words words{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        words[i / 4] = words[i / 4] << 8U | bytes[i];
    return words;
}

IpAddress::Bytes16 bytes_of(const Words& words) noexcept
{
    IpAddress::Bytes16 bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(words[i / 4] >> (24U - 8U * (i % 4)));
    return bytes;
}

/// The first address after a network; none after the last of all.
std::optional<Words> after(Words first, unsigned length) noexcept
{
    for (unsigned word = 0; word < first.size(); ++word) {
        const unsigned fixed = std::clamp(length, word * bits_per_word, (word + 1) * bits_per_word);
        const unsigned free = (word + 1) * bits_per_word - fixed;
        if (free > 0)
            first[word] |= last_word >> (bits_per_word - free);
    }
    for (std::size_t word = first.size(); word-- > 0;)
        if (++first[word] != 0)
            return first;
    return std::nullopt;
}

/// From `first` to the next one, all are let in or none is.
struct Interval {
    Words first;
    bool allowed;
};

constexpr IpAddress::Bytes16 mapped_network{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
constexpr unsigned mapped_bits = 96;

/// Who may come in.
struct Rules {
    const access::Policy& policy;
    const BanList* bans;
    BanList::SteadyTime now;
};

/// What an IPv4 header, or an IPv6 header, means at a socket of a family.
class Space {
public:
    Space(const Rules& rules, Family header, Family socket)
        : policy_(rules.policy), rules_(rules), header_(header), socket_(socket)
    {
    }

    [[nodiscard]] std::vector<Interval> intervals() const
    {
        std::vector<Interval> result;
        for (const Words& first : boundaries()) {
            const bool allowed = is_allowed(first);
            if (result.empty() || result.back().allowed != allowed)
                result.push_back({first, allowed});
        }
        return result;
    }

private:
    static void add_network(std::vector<Words>& found, const IpAddress::Bytes16& bytes,
                            unsigned length)
    {
        const Words first = words_of(bytes);
        found.push_back(first);
        if (const auto next = after(first, length))
            found.push_back(*next);
    }

    static void add_rules(std::vector<Words>& found, const std::optional<access::AddressSet>& set)
    {
        if (!set)
            return;
        for (const access::AddressRule& rule : set->rules())
            if (const auto* prefix = std::get_if<access::Prefix>(&rule))
                add_prefix(found, *prefix);
    }

    static void add_prefix(std::vector<Words>& found, const access::Prefix& prefix)
    {
        const bool is_ipv4 = prefix.family == Family::ipv4;
        add_network(found, prefix.bytes, is_ipv4 ? mapped_bits + prefix.length : prefix.length);
    }

    /// Ascending, each once, the lowest address of the space first.
    [[nodiscard]] std::vector<Words> boundaries() const
    {
        std::vector<Words> found;
        add_network(found, mapped_network, mapped_bits);
        found.push_back({});
        add_rules(found, policy_.only_from);
        add_rules(found, policy_.no_access);
        if (rules_.bans != nullptr)
            for (const BanList::Entry& ban : rules_.bans->list())
                add_prefix(found, ban.block);
        const Words mapped = words_of(mapped_network);
        const Words after_mapped = *after(mapped, mapped_bits);
        if (header_ == Family::ipv4)
            std::erase_if(
                found, [&](const Words& words) { return words < mapped || words >= after_mapped; });
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }

    [[nodiscard]] bool is_allowed(const Words& words) const
    {
        Peer peer;
        peer.address = IpAddress::from_ipv6(bytes_of(words));
        // Nobody has such an address in an IPv6 header but a liar.
        if (header_ == Family::ipv6 && peer.address.family() == Family::ipv4)
            return false;
        if (rules_.bans != nullptr && rules_.bans->find(peer.address, rules_.now) != nullptr)
            return false;
        if (header_ == Family::ipv4 && socket_ == Family::ipv6)
            peer.arrival = access::Arrival::mapped;
        return access::decide_address(policy_, peer, {}).reason == access::Reason::allowed;
    }

    const access::Policy& policy_;
    const Rules& rules_;
    Family header_;
    Family socket_;
};

/// Writes the tree. Programs grow at their end only, so jumps are forward, as the kernel wants.
class Writer {
public:
    /// Loads the word and goes on with it. @param intervals equal in all words before `word`.
    void write_word(const std::vector<Interval>& intervals, unsigned word, std::uint32_t offset)
    {
        statement(BPF_LD | BPF_W | BPF_ABS, offset);
        write_search(cut(intervals, word), word, offset);
    }
    void statement(unsigned code, std::uint32_t k) { jump(code, k, 0, 0); }
    void jump(unsigned code, std::uint32_t k, unsigned if_true, unsigned if_false)
    {
        program_.push_back({static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true),
                            static_cast<std::uint8_t>(if_false), k});
    }
    void verdict(bool allowed) { statement(BPF_RET | BPF_K, allowed ? whole_segment : 0); }
    void append(const Writer& other)
    {
        program_.insert(program_.end(), other.program_.begin(), other.program_.end());
    }
    [[nodiscard]] std::size_t size() const { return program_.size(); }
    [[nodiscard]] FilterProgram take() && { return std::move(program_); }

private:
    /// Values of one word, from `first` to the next piece: one verdict, or the next word decides.
    struct Piece {
        std::uint32_t first;
        bool allowed;
        std::vector<Interval> finer; ///< not empty: of the single value `first`
    };

    static bool has_rest(const Words& words, unsigned word)
    {
        return std::any_of(words.begin() + word + 1, words.end(),
                           [](std::uint32_t rest) { return rest != 0; });
    }

    static std::vector<Piece> cut(const std::vector<Interval>& intervals, unsigned word)
    {
        std::vector<Piece> pieces;
        bool before = false; // the verdict that holds up to here
        for (std::size_t i = 0; i < intervals.size();) {
            const std::uint32_t value = intervals[i].first[word];
            std::vector<Interval> same;
            if (has_rest(intervals[i].first, word)) {
                Interval begin{intervals[i].first, before};
                std::fill(begin.first.begin() + word + 1, begin.first.end(), 0U);
                same.push_back(begin);
            }
            for (; i < intervals.size() && intervals[i].first[word] == value; ++i)
                same.push_back(intervals[i]);
            before = same.back().allowed;
            if (same.size() == 1) {
                pieces.push_back({value, before, {}});
                continue;
            }
            pieces.push_back({value, before, std::move(same)});
            const bool next_begins = i < intervals.size() && intervals[i].first[word] == value + 1;
            if (value != last_word && !next_begins)
                pieces.push_back({value + 1, before, {}});
        }
        return pieces;
    }

    void write_search(std::span<const Piece> pieces, unsigned word, std::uint32_t offset)
    {
        if (size() > max_filter_instructions)
            return; // too long as it is; whoever asked will see
        if (pieces.size() == 1) {
            if (pieces.front().finer.empty())
                verdict(pieces.front().allowed);
            else
                write_word(pieces.front().finer, word + 1, offset + 4);
            return;
        }
        const std::size_t middle = pieces.size() / 2;
        Writer lower;
        lower.write_search(pieces.first(middle), word, offset);
        constexpr std::size_t longest_jump = std::numeric_limits<std::uint8_t>::max();
        const std::uint32_t first_upper = pieces[middle].first;
        if (lower.size() <= longest_jump) {
            jump(BPF_JMP | BPF_JGE | BPF_K, first_upper, static_cast<unsigned>(lower.size()), 0);
        } else {
            jump(BPF_JMP | BPF_JGE | BPF_K, first_upper, 0, 1);
            statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(lower.size()));
        }
        append(lower);
        write_search(pieces.subspan(middle), word, offset);
    }

    FilterProgram program_;
};

// The filter sees a segment from its TCP header on; SKF_NET_OFF reaches back to the IP header.
constexpr std::uint32_t network_header = static_cast<std::uint32_t>(SKF_NET_OFF);
constexpr std::uint32_t ipv4_source = network_header + 12; ///< RFC 791, 3.1
constexpr std::uint32_t ipv6_source = network_header + 8;  ///< RFC 8200, 3

Writer tree_for(const Rules& rules, Family header, Family socket)
{
    Writer writer;
    const auto intervals = Space(rules, header, socket).intervals();
    if (intervals.size() == 1)
        writer.verdict(intervals.front().allowed);
    else if (header == Family::ipv4)
        writer.write_word(intervals, 3, ipv4_source);
    else
        writer.write_word(intervals, 0, ipv6_source);
    return writer;
}

const access::HostPattern* first_host_pattern(const std::optional<access::AddressSet>& set)
{
    if (!set || !set->has_host_patterns())
        return nullptr;
    return std::get_if<access::HostPattern>(&set->rules()[set->host_pattern_positions().front()]);
}

} // namespace

bool takes_address_filter(const config::ServiceSpec& spec)
{
    const bool on_the_net =
        std::any_of(spec.endpoints.begin(), spec.endpoints.end(), [](const auto& one) {
            return std::holds_alternative<config::InetEndpoint>(one);
        });
    return on_the_net && spec.wait && spec.socket_type == config::SocketType::stream &&
           !spec.is_internal();
}

bool needs_address_filter(const config::ServiceSpec& spec)
{
    return takes_address_filter(spec) && (spec.policy->only_from || spec.policy->no_access);
}

bool same_address_rules(const config::ServiceSpec& left, const config::ServiceSpec& right)
{
    return left.policy->only_from == right.policy->only_from &&
           left.policy->no_access == right.policy->no_access &&
           left.policy->access_match == right.policy->access_match;
}

std::optional<std::string> why_not_filtered(const config::ServiceSpec& spec)
{
    for (const auto& [set, attribute] : {std::pair{&spec.policy->only_from, "only_from"},
                                         std::pair{&spec.policy->no_access, "no_access"}})
        if (const auto* pattern = first_host_pattern(*set))
            return fmt::format("{} names the host '{}': a stream service with wait = yes can be "
                               "kept from addresses only",
                               attribute, pattern->text);
    if (spec.settings->protocol.number != IPPROTO_TCP)
        return fmt::format("only_from and no_access cannot be enforced over {} with wait = yes",
                           spec.settings->protocol.name);
    for (const config::Endpoint& endpoint : spec.endpoints) {
        const auto* inet = std::get_if<config::InetEndpoint>(&endpoint);
        if (inet != nullptr && !compile_address_filter(*spec.policy, inet->family))
            return fmt::format("only_from and no_access are too long for a stream service with "
                               "wait = yes: they take more than {} steps of a socket filter",
                               max_filter_instructions);
    }
    return std::nullopt;
}

std::optional<FilterProgram> compile_address_filter(const access::Policy& policy,
                                                    Family socket_family, const BanList* bans,
                                                    BanList::SteadyTime now)
{
    if (bans != nullptr && bans->size() > max_filter_instructions)
        return std::nullopt; // most of them take a step or two
    const Rules rules{policy, bans, now};
    const Writer ipv4 = tree_for(rules, Family::ipv4, socket_family);
    Writer program;
    if (socket_family == Family::ipv4) {
        program.append(ipv4);
    } else {
        program.statement(BPF_LD | BPF_B | BPF_ABS, network_header); // the version of the header
        program.jump(BPF_JMP | BPF_JGE | BPF_K, 0x60, 0, 1);
        program.statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(ipv4.size()));
        program.append(ipv4);
        program.append(tree_for(rules, Family::ipv6, socket_family));
    }
    if (program.size() > max_filter_instructions)
        return std::nullopt;
    return std::move(program).take();
}

FilterProgram refuse_everybody()
{
    return {{BPF_RET | BPF_K, 0, 0, 0}};
}

} // namespace usherd::core
