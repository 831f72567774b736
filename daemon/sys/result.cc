// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/sys/result.h"

#include <cstring>

#include <fmt/format.h>

namespace usherd::sys {

std::string errno_text(int number)
{
    char buffer[128];
    return fmt::format("{} (errno = {})", ::strerror_r(number, buffer, sizeof buffer), number);
}

std::string to_string(const SysError& error)
{
    return fmt::format("{}: {}", error.call, errno_text(error.number));
}

} // namespace usherd::sys
