// SPDX-License-Identifier: BSD-2-Clause
//
// What every command of usherctl is given, and where it leaves its exit status.

#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "daemon/ctl/exit_status.h"

namespace usherd::ctl {

enum class ColorMode : std::uint8_t { automatic, always, never };

struct GlobalOptions {
    std::string socket = "/run/usherd/status.sock";
    bool json = false;
    ColorMode color = ColorMode::automatic;
};

/// One run of usherctl. The streams are borrowed and outlive it.
struct Session {
    std::FILE* out = stdout;
    std::FILE* err = stderr;
    GlobalOptions options;
    ExitStatus status = ExitStatus::done; ///< set by the command

    void print(std::string_view text) const { std::fwrite(text.data(), 1, text.size(), out); }
    /// `usherctl: TEXT`, with a newline.
    void complain(std::string_view text) const
    {
        std::fwrite("usherctl: ", 1, 10, err);
        std::fwrite(text.data(), 1, text.size(), err);
        std::fputc('\n', err);
    }
};

/// Whether a stream is to be coloured. @param no_color the environment variable, null if absent.
/// @see no-color.org: set and not empty means no; --color=always means yes all the same
[[nodiscard]] constexpr bool use_color(ColorMode mode, bool is_terminal,
                                       const char* no_color) noexcept
{
    if (mode != ColorMode::automatic)
        return mode == ColorMode::always;
    return is_terminal && (no_color == nullptr || *no_color == '\0');
}

} // namespace usherd::ctl
