// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/terminal.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace usherd::ctl {

Style style_of(const Session& session)
{
    Style style;
    const int fd = ::fileno(session.out); // -1: a stream into memory
    const bool is_terminal = fd >= 0 && ::isatty(fd) == 1;
    style.color = use_color(session.options.color, is_terminal, std::getenv("NO_COLOR"));
    winsize size{};
    if (is_terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0)
        style.width = size.ws_col;
    if (const char* const columns = std::getenv("COLUMNS"); columns != nullptr && is_terminal)
        if (const unsigned long given = std::strtoul(columns, nullptr, 10); given > 0)
            style.width = given;
    return style;
}

} // namespace usherd::ctl
