// SPDX-License-Identifier: BSD-2-Clause
//
// Numeric addresses, host names, and the endpoints of `listen`.

#include "config-parser/address_syntax.h"

#include <algorithm>
#include <charconv>

#include "config-parser/size_syntax.h"

namespace usherd::config {

namespace {

using access::IpAddress;

/// One number of an inet_aton(3) address, taken off `text`: 0x… hexadecimal, 0… octal.
std::optional<std::uint64_t> take_c_number(std::string_view& text) noexcept
{
    int base = 10;
    if (text.starts_with('0')) {
        const bool is_hexadecimal = text.size() > 1 && (text[1] == 'x' || text[1] == 'X');
        base = is_hexadecimal ? 16 : 8;
        text.remove_prefix(is_hexadecimal ? 2 : 0);
    }
    std::uint64_t value = 0;
    const char* const start = text.data();
    const auto [end, error] = std::from_chars(start, start + text.size(), value, base);
    if (error != std::errc{})
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - start));
    return value;
}

bool is_link_local(const IpAddress::Bytes16& bytes) noexcept
{
    const bool unicast = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
    const bool multicast = bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02;
    return unicast || multicast;
}

bool is_host_letter(char letter) noexcept
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

std::optional<Endpoint> parse_unix(const Word& word, const ValueReport& report)
{
    constexpr std::size_t longest = 107; // sun_path of unix(7), less its NUL
    UnixEndpoint endpoint;
    endpoint.path = word.text.substr(std::string_view{"unix:"}.size());
    endpoint.abstract = endpoint.path.starts_with('@');
    if (endpoint.abstract)
        endpoint.path.erase(0, 1);
    if (endpoint.abstract ? endpoint.path.empty() : !endpoint.path.starts_with('/')) {
        report.bad(word, fmt::format("expected unix:/path or unix:@name, found '{}'", word.text));
        return std::nullopt;
    }
    if (endpoint.path.size() > longest) {
        report.bad(word, fmt::format("the socket name has {} bytes, at most {} are possible",
                                     endpoint.path.size(), longest));
        return std::nullopt;
    }
    return endpoint;
}

/// The address in front of the port: empty or `*` for a wildcard.
bool set_address(InetEndpoint& endpoint, std::string_view text)
{
    if (text == "*") {
        endpoint.family = access::Family::ipv4;
        return true;
    }
    if (text.starts_with('[') && text.ends_with(']')) {
        const auto bytes = parse_numeric_ipv6(text.substr(1, text.size() - 2));
        if (!bytes)
            return false;
        endpoint.family = access::Family::ipv6;
        endpoint.address = IpAddress::from_ipv6(*bytes);
        return true;
    }
    const auto address = parse_numeric_ipv4(text);
    if (!address)
        return false;
    endpoint.family = access::Family::ipv4;
    endpoint.address = address;
    return true;
}

} // namespace

std::optional<IpAddress> parse_numeric_ipv4(std::string_view text) noexcept
{
    std::uint64_t address = 0;
    unsigned bits_left = 32;
    while (true) {
        const auto number = take_c_number(text);
        if (!number)
            return std::nullopt;
        if (text.empty()) {
            if (*number >> bits_left != 0)
                return std::nullopt;
            address |= *number;
            break;
        }
        if (*number > 255 || bits_left == 8 || text.front() != '.')
            return std::nullopt;
        bits_left -= 8;
        address |= *number << bits_left;
        text.remove_prefix(1);
    }
    const auto octet = [address](unsigned shift) {
        return static_cast<std::uint8_t>(address >> shift & 0xff);
    };
    return IpAddress::from_ipv4({octet(24), octet(16), octet(8), octet(0)});
}

std::optional<IpAddress::Bytes16> parse_numeric_ipv6(std::string_view text) noexcept
{
    const std::size_t percent = text.find('%');
    const std::string_view plain = text.substr(0, percent);
    if (plain.find(':') == std::string_view::npos)
        return std::nullopt;
    const auto address = IpAddress::parse(plain);
    if (!address)
        return std::nullopt;
    const bool scoped = percent != std::string_view::npos;
    if (scoped && (percent + 1 == text.size() || !is_link_local(address->bytes())))
        return std::nullopt;
    // No interface has a slash in its name: a prefix length follows.
    if (scoped && text.find('/', percent) != std::string_view::npos)
        return std::nullopt;
    return address->bytes();
}

bool could_be_host_name(std::string_view text) noexcept
{
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_host_letter))
        return false;
    if (text.ends_with('.'))
        text.remove_suffix(1);
    const std::size_t dot = text.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? text : text.substr(dot + 1);
    return !last.empty() && !all_digits(last);
}

std::vector<IpAddress> resolve_address(const std::string& text, NameLookup& names)
{
    if (const auto address = parse_numeric_ipv4(text))
        return {*address};
    if (text.find_first_not_of("0123456789.") == std::string::npos)
        return {};
    if (text.find(':') != std::string::npos) {
        const auto bytes = parse_numeric_ipv6(text);
        return bytes ? std::vector{IpAddress::from_ipv6(*bytes)} : std::vector<IpAddress>{};
    }
    return could_be_host_name(text) ? names.addresses_of(text) : std::vector<IpAddress>{};
}

std::optional<Endpoint> parse_listen(const Word& word, const ValueReport& report)
{
    if (word.text.starts_with("unix:"))
        return parse_unix(word, report);
    InetEndpoint endpoint;
    const std::string_view text = word.text;
    const std::size_t colon = text.rfind(':');
    const bool has_address = colon != std::string_view::npos;
    const auto port = parse_unsigned(has_address ? text.substr(colon + 1) : text);
    if (port && *port <= 65535 && (!has_address || set_address(endpoint, text.substr(0, colon)))) {
        endpoint.port = static_cast<std::uint16_t>(*port);
        return endpoint;
    }
    Diagnostic& diagnostic =
        report.bad(word, fmt::format("expected ADDRESS:PORT, [ADDRESS6]:PORT, PORT, unix:/path or "
                                     "unix:@name, found '{}'",
                                     word.text));
    if (parse_numeric_ipv6(text))
        diagnostic.suggestion =
            fmt::format("an IPv6 address stands in brackets: '[{}]:PORT'", text);
    else if (text.starts_with('/') || text.starts_with('@'))
        diagnostic.suggestion = fmt::format("did you mean 'unix:{}'?", text);
    return std::nullopt;
}

} // namespace usherd::config
