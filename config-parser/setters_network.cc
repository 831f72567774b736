// SPDX-License-Identifier: BSD-2-Clause
//
// Attributes about addresses and ports: of the service, and of where it redirects to.

#include <algorithm>

#include "config-parser/address_syntax.h"
#include "config-parser/enum_syntax.h"
#include "config-parser/setters.h"
#include "config-parser/size_syntax.h"

namespace usherd::config::setters {

namespace {

constexpr std::uint64_t highest_port = 65535;

/// A redirection goes to IPv6 only where an IPv6 address is written.
std::vector<access::IpAddress> redirect_addresses(const std::string& host, NameLookup& names)
{
    auto addresses = resolve_address(host, names);
    if (host.find(':') == std::string::npos)
        std::erase_if(addresses, [](const access::IpAddress& address) {
            return address.family() != access::Family::ipv4;
        });
    return addresses;
}

std::optional<std::uint16_t> parse_redirect_port(const Word& word, NameLookup& names,
                                                 const ValueReport& report)
{
    const auto number = parse_natural(word.text);
    if (number && *number >= 1 && *number <= highest_port)
        return static_cast<std::uint16_t>(*number);
    const auto named = all_digits(word.text) ? std::nullopt : names.port_of(word.text, "tcp");
    if (named)
        return named;
    report.bad(word, fmt::format("expected a port from 1 to {} or the name of a TCP service, "
                                 "found '{}'",
                                 highest_port, word.text));
    return std::nullopt;
}

} // namespace

bool set_port(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto port = parse_range(attribute.words[0], 0, highest_port, "a port number", report);
    if (port)
        draft.spec.port = static_cast<std::uint16_t>(*port);
    return port.has_value();
}

/// `bind` and `interface` are one attribute with two names.
bool set_bind(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const Word& word = attribute.words[0];
    const ValueReport report(draft, attribute, context.diagnostics);
    if (draft.bind) {
        report.line_ignored(fmt::format("the address is already set to '{}'", draft.bind->text));
        return true;
    }
    auto addresses = resolve_address(word.text, context.names);
    if (addresses.empty()) {
        Diagnostic& diagnostic = report.bad(
            word, fmt::format("'{}' is no address and no host name that resolves", word.text));
        if (could_be_host_name(word.text) && word.text.find('.') == std::string::npos)
            diagnostic.suggestion = "write the address of the interface, not its name";
        return false;
    }
    draft.bind = word;
    draft.bind_addresses = std::move(addresses);
    draft.spec.settings->bind_text = word.text;
    return true;
}

bool set_v6only(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    draft.spec.settings->v6only = parse_yes_no(attribute.words[0], report);
    return draft.spec.settings->v6only.has_value();
}

bool set_redirect(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context)
{
    const ValueReport report(draft, attribute, context.diagnostics);
    const auto port = parse_redirect_port(attribute.words[1], context.names, report);
    if (!port)
        return false;
    const Word& host = attribute.words[0];
    auto addresses = redirect_addresses(host.text, context.names);
    if (addresses.empty()) {
        report.bad(host, fmt::format("'{}' is no address and no host name with an IPv4 address",
                                     host.text));
        return false;
    }
    draft.spec.settings->redirect = Redirect{host.text, *port, std::move(addresses)};
    return true;
}

} // namespace usherd::config::setters
