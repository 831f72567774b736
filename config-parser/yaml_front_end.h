// SPDX-License-Identifier: BSD-2-Clause
//
// YAML service files to RawDocument. Knows YAML and nothing of attributes but how many words they
// take. Its .cc is the only file that sees yaml-cpp, whose exceptions end there.

#pragma once

#include <string_view>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// Larger YAML files are refused: the tree costs a hundred times its text.
inline constexpr std::size_t max_yaml_bytes = 8U << 20;
/// Of a file in all; aliases count each time they are used.
inline constexpr std::size_t max_yaml_words = 1'000'000;

/// @see usherd-yaml(5)
[[nodiscard]] RawDocument read_yaml(std::string_view text, SourceId file);

} // namespace usherd::config
