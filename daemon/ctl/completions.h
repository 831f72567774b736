// SPDX-License-Identifier: BSD-2-Clause
//
// Completions for shells, made from the command line's own tree of commands and options, so that
// they cannot lag behind it.

#pragma once

#include <string>

#include "daemon/ctl/session.h"

namespace CLI {
class App;
}

namespace usherd::ctl {

enum class Shell : std::uint8_t { bash, zsh, fish };

/// A script for the shell, to be installed where it looks for it.
[[nodiscard]] std::string completions(const CLI::App& app, Shell shell);

/// `usherctl completions bash|zsh|fish`, not shown in --help: for the build.
void add_completions_command(CLI::App& app, Session& session);

} // namespace usherd::ctl
