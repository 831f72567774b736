// SPDX-License-Identifier: BSD-2-Clause
//
// One line inside an entry: `name op values`, and what can be wrong with it.

#pragma once

#include <optional>
#include <string>
#include <variant>

#include "config-parser/lexer.h"
#include "config-parser/raw_model.h"

namespace usherd::config {

/// A syntax error; it ends the entry.
struct AttributeLineError {
    SourceLocation location;
    std::size_t length = 1;
    std::string message;
    std::string suggestion;
    /// The line begins another service (its name): a `}` is missing before it.
    std::optional<Word> service_header;
};

[[nodiscard]] std::variant<RawAttribute, AttributeLineError> read_attribute_line(const Line& line,
                                                                                 SourceId file);

/// What a line means for the rest of its entry, which xinetd does not read after a `disable` with
/// any value but `no`.
enum class Disable : std::uint8_t { not_said, no, yes_or_bad };
[[nodiscard]] Disable disable_in(const RawAttribute& attribute) noexcept;

/// `did you mean 'service'?` where a keyword was expected; may be empty.
[[nodiscard]] std::string suggest_keyword(std::string_view found);

} // namespace usherd::config
