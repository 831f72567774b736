// SPDX-License-Identifier: BSD-2-Clause
//
// A terminal as a whole screen, key by key; its destructor gives it back as it was. Plain control
// sequences of ECMA-48 and xterm's alternate screen, which every terminal in use has.

#pragma once

#include <cstddef>
#include <string>
#include <termios.h>
#include <vector>

namespace usherd::ctl {

class FullScreen {
public:
    /// @param in, out borrowed, a terminal both; they outlive it.
    FullScreen(int in, int out) noexcept;
    ~FullScreen();
    FullScreen(const FullScreen&) = delete;
    FullScreen& operator=(const FullScreen&) = delete;

    void enter() noexcept;
    void leave() noexcept; ///< as it was; enter() again is possible
    void show(const std::vector<std::string>& lines) const noexcept;

    struct Size {
        std::size_t columns = 80;
        std::size_t lines = 24;
    };
    [[nodiscard]] Size size() const noexcept;
    /// What was typed since, at most a few bytes; empty at the end of input.
    [[nodiscard]] std::string keys() const noexcept;

private:
    void write(const std::string& text) const noexcept;

    int in_;
    int out_;
    termios before_{};
    bool is_terminal_;
    bool entered_ = false;
};

} // namespace usherd::ctl
