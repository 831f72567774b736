// SPDX-License-Identifier: BSD-2-Clause
//
// What the YAML front end does with plain text: words, and a look at a file that is not YAML.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// Blank-separated words.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// False with NUL or LF in it, which xinetd's syntax cannot put into a word.
[[nodiscard]] bool is_fit_for_word(std::string_view text) noexcept;

/// Services that a broken file seems to hold, by its lines `service: NAME` and `id: ID`, so that a
/// reload can keep them as they were.
[[nodiscard]] std::vector<LostService> find_yaml_services(std::string_view text, SourceId file);

} // namespace usherd::config
