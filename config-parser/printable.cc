// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/printable.h"

namespace usherd::config {

std::size_t printable_length(std::string_view text) noexcept
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80)
        return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0U) != 0x80U)
            return 0;
    // C1 controls, and the characters that turn the direction of the line.
    const bool is_control = lead == 0xc2 && byte(1) < 0xa0;
    const bool turns = lead == 0xe2 && ((byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                                        (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
    return is_control || turns ? 0 : length;
}

} // namespace usherd::config
