// SPDX-License-Identifier: BSD-2-Clause
//
// Fuzz target: one word as an address of an access list, of `listen`, of `bind`.

#include <algorithm>

#include "access-control/address_set.h"
#include "config-parser/address_syntax.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_words.h"
#include "tests/fuzz/fuzz_world.h"

namespace usherd::fuzz {

namespace {

void check_rules(const std::vector<config::PlacedRule>& placed)
{
    std::vector<access::AddressRule> rules;
    for (const auto& one : placed) {
        if (const auto* prefix = std::get_if<access::Prefix>(&one.rule)) {
            const unsigned most = prefix->family == access::Family::ipv4 ? 32 : 128;
            require(prefix->length <= most, "a prefix is no longer than its address");
            require(*prefix == access::make_prefix(prefix->family, prefix->bytes, prefix->length),
                    "the host bits of a prefix are zero");
        }
        rules.push_back(one.rule);
    }
    const access::AddressSet set(rules);
    const access::Peer peer{access::IpAddress::from_ipv4({10, 1, 2, 3}), {}, 1};
    const access::Match match = set.longest_match(peer, "host.example");
    require(!match || match.rule < rules.size(), "a match names a rule of the set");
}

void check_rule_word(std::string_view text, config::UnknownAddress unknown)
{
    SomeNames names;
    const WordBench bench(text);
    std::vector<config::PlacedRule> rules;
    const auto outcome =
        config::parse_address_rule(bench.word(), unknown, names, bench.report(), rules);
    if (outcome == config::AddressWord::accepted)
        require(!rules.empty(), "an accepted word adds a rule");
    else
        require(rules.empty() && !bench.diagnostics().all().empty(),
                "a word that is not accepted adds a diagnostic and no rule");
    check_rules(rules);
}

void check_numeric(std::string_view text)
{
    if (const auto address = config::parse_numeric_ipv4(text)) {
        require(address->family() == access::Family::ipv4, "a numeric IPv4 address is one");
        require(access::IpAddress::parse(access::to_string(*address)) == address,
                "an address can be written and read again");
    }
    if (const auto bytes = config::parse_numeric_ipv6(text)) {
        const auto address = access::IpAddress::from_ipv6(*bytes);
        require(access::IpAddress::parse(access::to_string(address)) == address,
                "an address can be written and read again");
    }
    static_cast<void>(config::could_be_host_name(text));
}

} // namespace

} // namespace usherd::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    namespace fuzz = usherd::fuzz;
    namespace config = usherd::config;
    const std::string_view text = fuzz::as_text(data, size);
    fuzz::check_rule_word(text, config::UnknownAddress::is_ignored);
    fuzz::check_rule_word(text, config::UnknownAddress::is_fatal);
    fuzz::check_numeric(text);
    fuzz::SomeNames names;
    static_cast<void>(config::resolve_address(std::string(text), names));
    const fuzz::WordBench bench(text);
    const auto endpoint = config::parse_listen(bench.word(), bench.report());
    fuzz::require(endpoint.has_value() != (bench.diagnostics().errors() > 0),
                  "a listen word is an endpoint or an error");
    return 0;
}
