// SPDX-License-Identifier: BSD-2-Clause
//
// Words of inetd.conf cut into parts that keep their places. Private to the inetd front end.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config-parser/raw_model.h"

namespace usherd::config {

/// A part of a word. @param from at most the word's size.
[[nodiscard]] Word part(const Word& word, std::size_t from, std::size_t length = std::string::npos);

/// What is before the character at `at`, and what is after it; npos: the word, and nothing.
[[nodiscard]] std::pair<Word, std::optional<Word>> cut(const Word& word, std::size_t at);

/// At least one part.
[[nodiscard]] std::vector<Word> split(const Word& word, char separator);

} // namespace usherd::config
