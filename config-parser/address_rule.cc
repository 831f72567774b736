// SPDX-License-Identifier: BSD-2-Clause
//
// Words of only_from and no_access. Differs from xinetd where that reads nonsense into a word:
// octets above 255, IPv6 with /128, names of networks.

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "config-parser/address_syntax.h"
#include "config-parser/factorised_address.h"
#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

using access::Family;
using access::IpAddress;
using access::Prefix;

/// One word on its way through the readers.
struct Reading {
    const Word& word;
    UnknownAddress unknown;
    NameLookup& names;
    const ValueReport& report;
    std::vector<PlacedRule>& rules;

    void add(access::AddressRule rule, std::string shown) const
    {
        rules.push_back({std::move(rule), word.location, std::move(shown)});
    }

    [[nodiscard]] AddressWord bad(const std::string& mistake,
                                  std::string_view suggestion = {}) const
    {
        help(report.bad(word, fmt::format("address '{}' {}", word.text, mistake)), suggestion);
        return AddressWord::bad;
    }

    /// Where xinetd has two messages.
    [[nodiscard]] AddressWord bad_twice(const std::string& mistake) const
    {
        report.bad_twice(word, fmt::format("address '{}' {}", word.text, mistake),
                         fmt::format("address '{}' is not added", word.text));
        return AddressWord::bad;
    }

    [[nodiscard]] AddressWord not_understood(std::string_view why,
                                             std::string_view suggestion = {}) const
    {
        const std::string message = fmt::format("'{}' {}", word.text, why);
        help(unknown == UnknownAddress::is_fatal ? report.bad(word, message)
                                                 : report.ignored(Severity::error, word, message),
             suggestion);
        return AddressWord::not_understood;
    }

    static void help(Diagnostic& diagnostic, std::string_view suggestion)
    {
        if (!suggestion.empty())
            diagnostic.suggestion = suggestion;
    }
};

/// An IPv4-mapped address is shown as such where it is meant for IPv6 sockets.
std::string shown(Family family, const IpAddress::Bytes16& bytes)
{
    const auto address = IpAddress::from_ipv6(bytes);
    const bool mapped = family == Family::ipv6 && address.family() == Family::ipv4;
    return mapped ? "::ffff:" + to_string(address) : to_string(address);
}

std::string shown_as_host(Family family, const IpAddress::Bytes16& bytes)
{
    return shown(family, bytes) + "(NUMERIC)";
}

/// `10.1.2.3/255.255.255.0(NET)`: the address as written; a single host is a numeric address.
std::string shown_as_net(Family family, const IpAddress::Bytes16& bytes, unsigned length)
{
    IpAddress::Bytes16 ones;
    ones.fill(0xff);
    const auto mask = family == Family::ipv6
                          ? IpAddress::from_ipv6(access::keep_bits(ones, length))
                          : IpAddress::from_ipv4({0xff, 0xff, 0xff, 0xff}).masked(length);
    // A list may have a hundred thousand: no format is read for each.
    constexpr std::size_t usual_length = 40;
    std::string text;
    text.reserve(usual_length);
    text += shown(family, bytes);
    text += '/';
    text += to_string(mask);
    text += "(NET)";
    return text;
}

/// Trailing zero octets are wildcards: 10.1.0.0 is a /16, 0.0.0.0 everybody.
Prefix with_wildcards(const IpAddress& address)
{
    const auto octets = address.ipv4_bytes();
    unsigned length = 32;
    for (auto octet = octets.rbegin(); octet != octets.rend() && *octet == 0; ++octet)
        length -= 8;
    return access::make_prefix(Family::ipv4, address.bytes(), length);
}

IpAddress from_number(std::uint32_t number)
{
    const auto octet = [number](unsigned shift) {
        return static_cast<std::uint8_t>(number >> shift & 0xff);
    };
    return IpAddress::from_ipv4({octet(24), octet(16), octet(8), octet(0)});
}

std::optional<AddressWord> read_numeric(const Reading& reading)
{
    if (const auto address = parse_numeric_ipv4(reading.word.text)) {
        reading.add(with_wildcards(*address), shown_as_host(Family::ipv4, address->bytes()));
        return AddressWord::accepted;
    }
    const auto bytes = parse_numeric_ipv6(reading.word.text);
    if (!bytes)
        return std::nullopt;
    reading.add(access::make_prefix(Family::ipv6, *bytes, 128),
                shown_as_host(Family::ipv6, *bytes));
    if (*bytes == IpAddress::Bytes16{})
        reading.report.advice(reading.word, "'::' matches the address :: alone, that is nobody")
            .suggestion = "did you mean '::/0', everybody?";
    return AddressWord::accepted;
}

std::optional<AddressWord> read_host(const Reading& reading)
{
    const std::string& text = reading.word.text;
    const bool is_domain = text.starts_with('.') &&
                           text.find_first_not_of("0123456789.") != std::string::npos &&
                           text.find_first_of("{/") == std::string::npos;
    if (!is_domain && (!could_be_host_name(text) || reading.names.addresses_of(text).empty()))
        return std::nullopt;
    reading.add(access::HostPattern{text}, text + "(HOST)");
    return AddressWord::accepted;
}

constexpr unsigned longest_length(Family family) noexcept
{
    return family == Family::ipv4 ? 32 : 128;
}

/// What stands after the slash. As with xinetd leading digits count, after white space, and what is
/// longer than the address, or negative, is as long as the address: so 255 of a netmask is. The
/// rest is remarked on.
/// @return none if it is no length.
std::optional<std::uint64_t> read_bits(const Reading& reading, std::string_view text,
                                       unsigned longest)
{
    text.remove_prefix(std::min(text.find_first_not_of("\v\f\r"), text.size()));
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0)
        return std::nullopt;
    const auto length = parse_unsigned(text.substr(0, digits));
    const bool fits = length && *length <= longest && (!negative || *length == 0);
    const bool mask = text.find('.') != std::string::npos;
    if (!fits)
        reading.report
            .advice(reading.word,
                    fmt::format("'{}' is that one address, as the prefix length is not between 0 "
                                "and {}",
                                reading.word.text, longest))
            .suggestion = mask ? "write the number of bits, not a netmask" : "";
    else if (digits != text.size())
        reading.report.advice(reading.word, fmt::format("'{}' after the prefix length is ignored",
                                                        text.substr(digits)));
    return fits ? *length : longest + 1U;
}

/// IPv4/32 and IPv6/128 are shown as the address they are, longer ones of IPv4 as networks. A brace
/// makes it no such word, wherever it stands.
std::optional<AddressWord> read_length(const Reading& reading)
{
    const std::string& text = reading.word.text;
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos || text.find('{') != std::string::npos)
        return std::nullopt;
    const std::string address = text.substr(0, slash);
    const auto ipv4 = parse_numeric_ipv4(address);
    const auto ipv6 = ipv4 ? std::nullopt : parse_numeric_ipv6(address);
    if (!ipv4 && !ipv6)
        return std::nullopt;
    const Family family = ipv4 ? Family::ipv4 : Family::ipv6;
    const unsigned longest = longest_length(family);
    const auto length = read_bits(reading, std::string_view{text}.substr(slash + 1), longest);
    if (!length)
        return std::nullopt;
    const auto& bytes = ipv4 ? ipv4->bytes() : *ipv6;
    const auto bits = static_cast<unsigned>(std::min<std::uint64_t>(*length, longest));
    const bool host = bits == longest && (ipv6 || *length == longest);
    reading.add(access::make_prefix(family, bytes, bits),
                host ? shown_as_host(family, bytes) : shown_as_net(family, bytes, bits));
    return AddressWord::accepted;
}

std::optional<AddressWord> read_factorised(const Reading& reading)
{
    const auto factorised = parse_factorised(reading.word.text);
    if (!factorised)
        return std::nullopt;
    if (!factorised->mistake.empty())
        return reading.bad_twice(factorised->mistake);
    for (const std::uint32_t number : factorised->addresses) {
        const IpAddress address = from_number(number);
        reading.add(with_wildcards(address), shown_as_host(Family::ipv4, address.bytes()));
    }
    return AddressWord::accepted;
}

std::optional<AddressWord> read_network(const Reading& reading)
{
    const auto number = could_be_host_name(reading.word.text)
                            ? reading.names.network(reading.word.text)
                            : std::nullopt;
    if (!number)
        return std::nullopt;
    const IpAddress address = from_number(*number);
    const Prefix prefix = with_wildcards(address);
    reading.add(prefix, shown_as_net(Family::ipv4, address.bytes(), prefix.length));
    return AddressWord::accepted;
}

AddressWord give_up(const Reading& reading)
{
    const std::string& text = reading.word.text;
    if (could_be_host_name(text))
        return reading.not_understood(
            "is no address, and no host or network of that name is known");
    if (text == "*" || text.starts_with('['))
        return reading.not_understood("is no address, network, host or domain",
                                      text == "*" ? "for everybody, write '0.0.0.0/0 ::/0'"
                                                  : "write IPv6 addresses without brackets");
    return reading.not_understood("is no address, network, host or domain");
}

} // namespace

AddressWord parse_address_rule(const Word& word, UnknownAddress unknown, NameLookup& names,
                               const ValueReport& report, std::vector<PlacedRule>& rules)
{
    const Reading reading{word, unknown, names, report, rules};
    if (word.text.find(',') != std::string::npos && word.text.find('{') == std::string::npos)
        return reading.bad("has a comma in it; addresses are separated by blanks");
    using Reader = std::optional<AddressWord> (*)(const Reading&);
    static constexpr std::array<Reader, 5> readers{read_numeric, read_host, read_length,
                                                   read_factorised, read_network};
    // The others take no word with a slash.
    static constexpr std::array<Reader, 2> of_slash{read_length, read_factorised};
    const bool has_slash = word.text.find('/') != std::string::npos;
    for (const Reader reader : has_slash ? std::span<const Reader>(of_slash) : readers)
        if (const auto outcome = reader(reading))
            return *outcome;
    return give_up(reading);
}

} // namespace usherd::config
