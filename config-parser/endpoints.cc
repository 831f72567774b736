// SPDX-License-Identifier: BSD-2-Clause
//
// Where a service listens: socket type, protocol, port, family, addresses. What bind, the family
// flags and v6only contradict is refused here: xinetd listens everywhere instead.

#include <algorithm>
#include <netinet/in.h>

#include "config-parser/address_syntax.h"
#include "config-parser/finishing.h"
#include "config-parser/port_table.h"

namespace usherd::config {

namespace {

using access::Family;
using access::IpAddress;

Protocol usual_protocol(NameLookup& names, const char* name, int number)
{
    if (auto entry = names.protocol(name))
        return {std::move(entry->name), entry->number};
    return {name, number};
}

/// The family that the flags ask for; both flags are IPv6 with a remark.
std::optional<Family> flagged_family(Finishing& service)
{
    const bool ipv4 = service.has(ServiceFlag::ipv4);
    const bool ipv6 = service.has(ServiceFlag::ipv6);
    if (ipv4 && ipv6)
        service.remark(Severity::info, "flags", "both IPv4 and IPv6 are given, IPv6 is used");
    if (ipv6)
        return Family::ipv6;
    return ipv4 ? std::optional{Family::ipv4} : std::nullopt;
}

const char* name_of(Family family)
{
    return family == Family::ipv4 ? "IPv4" : "IPv6";
}

/// The address that `bind` means: of several the first of the wanted family, IPv6 if none is
/// wanted. @return none, having reported it, if there is none of that family.
std::optional<IpAddress> choose_address(Finishing& service, std::optional<Family> wanted)
{
    const std::string& text = service.spec().settings->bind_text;
    const auto inherited = service.draft.bind ? std::vector<IpAddress>{}
                                              : resolve_address(text, service.context.names);
    const auto& addresses = service.draft.bind ? service.draft.bind_addresses : inherited;
    if (addresses.size() == 1 && !wanted)
        return addresses.front();
    const Family family = wanted.value_or(Family::ipv6);
    const auto found =
        std::find_if(addresses.begin(), addresses.end(),
                     [family](const IpAddress& address) { return address.family() == family; });
    if (found != addresses.end())
        return *found;
    const char* const attribute = service.is_given("interface") ? "interface" : "bind";
    Diagnostic& diagnostic = service.fail(
        attribute, fmt::format("{} '{}' has no {} address", attribute, text, name_of(family)));
    diagnostic.suggestion =
        wanted ? fmt::format("take the address or the flag {} out", name_of(family))
               : std::string{"it has several IPv4 addresses: choose one, or say 'flags = IPv4'"};
    return std::nullopt;
}

InetEndpoint make_endpoint(const ServiceSpec& spec, Family family,
                           const std::optional<IpAddress>& address, std::uint16_t port)
{
    InetEndpoint endpoint;
    endpoint.family = family;
    if (address && !address->is_unspecified())
        endpoint.address = address;
    endpoint.port = port;
    endpoint.v6only = family == Family::ipv6 && spec.settings->v6only.value_or(false);
    return endpoint;
}

/// --port-offset; port 0 stays 0. @return none, having reported it, beyond 65535.
std::optional<std::uint16_t> shifted(Finishing& service, std::uint16_t port,
                                     std::string_view attribute)
{
    if (port == 0)
        return port;
    const unsigned sum = unsigned{port} + service.options.port_offset;
    if (sum <= 65535)
        return static_cast<std::uint16_t>(sum);
    service.fail(attribute, fmt::format("port {} plus the offset {} exceeds 65535", port,
                                        service.options.port_offset));
    return std::nullopt;
}

void listen_by_bind(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    const auto wanted = flagged_family(service);
    std::optional<IpAddress> address;
    if (!spec.settings->bind_text.empty()) {
        address = choose_address(service, wanted);
        if (!address)
            return;
    }
    const bool rpc = service.is(ServiceType::rpc); // its port is the kernel's choice
    const auto port = shifted(service, rpc ? 0 : spec.port.value_or(0), "port");
    if (!port)
        return;
    const Family family = address ? address->family() : wanted.value_or(Family::ipv6);
    spec.endpoints.emplace_back(make_endpoint(spec, family, address, *port));
}

/// A service behind tcpmux has no socket; what xinetd shows of it is the family of its address.
void show_family(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    if (spec.settings->bind_text.empty() || flagged_family(service))
        return;
    const auto addresses = service.draft.bind
                               ? service.draft.bind_addresses
                               : resolve_address(spec.settings->bind_text, service.context.names);
    if (addresses.size() == 1 && addresses.front().family() == Family::ipv4)
        spec.flags.add(ServiceFlag::ipv4);
}

/// A bare port takes the family of the flags; an address must be of that family.
bool finish_listen(Finishing& service, InetEndpoint& endpoint, const Word& word,
                   std::optional<Family> wanted)
{
    const bool bare = word.text.find(':') == std::string::npos;
    if (bare && wanted)
        endpoint.family = *wanted;
    if (wanted && endpoint.family != *wanted) {
        service.fail("listen", fmt::format("listen '{}' contradicts the flag {}", word.text,
                                           name_of(*wanted)));
        return false;
    }
    const auto port = shifted(service, endpoint.port, "listen");
    if (!port)
        return false;
    if (!service.spec().port)
        service.spec().port = endpoint.port;
    endpoint = make_endpoint(service.spec(), endpoint.family, endpoint.address, *port);
    return true;
}

/// `[::]:80` beside an IPv4 address on the same port means IPv6 clients only: the kernel would not
/// have both otherwise.
void make_room_for_ipv4(ServiceSpec& spec)
{
    if (spec.settings->v6only)
        return;
    for (Endpoint& endpoint : spec.endpoints) {
        auto* inet = std::get_if<InetEndpoint>(&endpoint);
        if (inet == nullptr || inet->family != Family::ipv6 || inet->address)
            continue;
        inet->v6only = std::any_of(
            spec.endpoints.begin(), spec.endpoints.end(), [inet](const Endpoint& other) {
                const auto* ipv4 = std::get_if<InetEndpoint>(&other);
                return ipv4 != nullptr && ipv4->family == Family::ipv4 && ipv4->port == inet->port;
            });
    }
}

void listen_as_told(Finishing& service)
{
    ServiceSpec& spec = service.spec();
    const auto wanted = flagged_family(service);
    for (std::size_t i = 0; i < spec.endpoints.size(); ++i)
        if (auto* inet = std::get_if<InetEndpoint>(&spec.endpoints[i]))
            finish_listen(service, *inet, service.draft.listen[i], wanted);
    make_room_for_ipv4(spec);
    PortTable taken;
    for (std::size_t i = 0; i < spec.endpoints.size(); ++i) {
        const std::span<const Endpoint> one{&spec.endpoints[i], 1};
        if (taken.find_conflict(one, spec.socket_type, spec.settings->protocol))
            service.fail("listen", fmt::format("listen '{}' is taken by another word of the list",
                                               service.draft.listen[i].text));
        else
            taken.add(one, spec.socket_type, spec.settings->protocol, i);
    }
}

} // namespace

void derive_transport(Finishing& service)
{
    ServiceDraft& draft = service.draft;
    NameLookup& names = service.context.names;
    if (draft.socket_type && !draft.protocol) {
        if (*draft.socket_type == SocketType::stream)
            draft.protocol = usual_protocol(names, "tcp", 6);
        else if (*draft.socket_type == SocketType::dgram)
            draft.protocol = usual_protocol(names, "udp", 17);
    } else if (draft.protocol && !draft.socket_type) {
        if (draft.protocol->number == IPPROTO_TCP)
            draft.socket_type = SocketType::stream;
        else if (draft.protocol->number == IPPROTO_UDP)
            draft.socket_type = SocketType::dgram;
    }
    ServiceSpec& spec = draft.spec;
    if (draft.socket_type)
        spec.socket_type = *draft.socket_type;
    if (draft.protocol)
        spec.settings->protocol = *draft.protocol;
    spec.wait = draft.wait.value_or(false);
    const bool looked_up = !service.is(ServiceType::unlisted) && !service.is(ServiceType::rpc) &&
                           !service.listens_as_told();
    if (looked_up && !spec.port && draft.protocol)
        spec.port = names.port_of(spec.name, spec.settings->protocol.name);
}

void derive_endpoints(Finishing& service)
{
    if (service.is_tcpmux_client())
        show_family(service);
    else if (service.listens_as_told())
        listen_as_told(service);
    else
        listen_by_bind(service);
}

} // namespace usherd::config
