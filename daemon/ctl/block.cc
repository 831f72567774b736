// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/block.h"

#include <charconv>

namespace usherd::ctl {

std::optional<Block> parse_block(std::string_view text) noexcept
{
    const std::size_t slash = text.find('/');
    const auto address = access::IpAddress::parse(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    const unsigned most = address->family() == access::Family::ipv4 ? 32 : 128;
    unsigned length = most;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, length);
        if (error != std::errc{} || stop != end || length > most)
            return std::nullopt;
    }
    return Block{address->masked(length), length};
}

bool holds(const Block& block, std::string_view address) noexcept
{
    const auto parsed = access::IpAddress::parse(address);
    return parsed && parsed->family() == block.address.family() &&
           parsed->masked(block.length) == block.address;
}

} // namespace usherd::ctl
