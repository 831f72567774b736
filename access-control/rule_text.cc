// SPDX-License-Identifier: BSD-2-Clause
#include "access-control/rule_text.h"

namespace usherd::access {

std::string to_string(const Prefix& prefix)
{
    const IpAddress address = IpAddress::from_ipv6(prefix.bytes);
    const bool is_mapped = prefix.family == Family::ipv6 && address.family() == Family::ipv4;
    const unsigned whole = prefix.family == Family::ipv4 ? 32 : 128;
    std::string text = is_mapped ? "::ffff:" + to_string(address) : to_string(address);
    if (prefix.length != whole)
        text += "/" + std::to_string(prefix.length);
    return text;
}

std::string to_string(const AddressRule& rule)
{
    if (const auto* prefix = std::get_if<Prefix>(&rule))
        return to_string(*prefix);
    return std::get<HostPattern>(rule).text;
}

} // namespace usherd::access
