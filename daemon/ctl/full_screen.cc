// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/ctl/full_screen.h"

#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace usherd::ctl {

FullScreen::FullScreen(int in, int out) noexcept
    : in_(in), out_(out), is_terminal_(::tcgetattr(in, &before_) == 0)
{
}

FullScreen::~FullScreen()
{
    leave();
}

void FullScreen::enter() noexcept
{
    if (!is_terminal_ || entered_)
        return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO); // Ctrl-C stays a signal
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(in_, TCSADRAIN, &raw);
    write("\x1b[?1049h\x1b[?25l\x1b[2J"); // another screen, no cursor
    entered_ = true;
}

void FullScreen::leave() noexcept
{
    if (!entered_)
        return;
    write("\x1b[0m\x1b[?25h\x1b[?1049l");
    ::tcsetattr(in_, TCSADRAIN, &before_);
    entered_ = false;
}

void FullScreen::show(const std::vector<std::string>& lines) const noexcept
{
    std::string text = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i)
        text += lines[i] + "\x1b[K" + (i + 1 < lines.size() ? "\r\n" : "");
    write(text + "\x1b[J");
}

FullScreen::Size FullScreen::size() const noexcept
{
    winsize size{};
    if (::ioctl(out_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
        return {size.ws_col, size.ws_row};
    return {};
}

std::string FullScreen::keys() const noexcept
{
    char buffer[64];
    const ssize_t got = ::read(in_, buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
}

void FullScreen::write(const std::string& text) const noexcept
{
    for (std::size_t sent = 0; sent < text.size();) {
        const ssize_t n = ::write(out_, text.data() + sent, text.size() - sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; // the terminal has gone: SIGHUP says so, too
        sent += static_cast<std::size_t>(n);
    }
}

} // namespace usherd::ctl
