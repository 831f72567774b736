// SPDX-License-Identifier: BSD-2-Clause
//
// One row for each attribute: where it is legal, which operators it takes, whether it may be
// repeated, how many words, and what turns the words into a field of the spec. The parser, the
// checker, `defaults` and a test over man/usherd.conf.5 all read this one table.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config-parser/diagnostic.h"
#include "config-parser/file_source.h"
#include "config-parser/name_lookup.h"
#include "config-parser/raw_model.h"
#include "config-parser/service_draft.h"

namespace usherd::config {

enum class Scope : std::uint8_t { service_only, defaults_only, anywhere };
enum class Operators : std::uint8_t {
    set_only,
    all,
    set_and_add,
    any_in_defaults, ///< `=` alone in a service; in `defaults` `+=` and `-=` mean the same
};
enum class Repeat : std::uint8_t {
    first_wins, ///< a second setting is ignored with a warning
    is_a_list,  ///< `=` replaces in a service and adds in `defaults`
};
inline constexpr int any_count = -1;
inline constexpr int at_least_one = -2;

/// What a setter may ask.
struct SetterContext {
    Diagnostics& diagnostics;
    FileSource& files;
    NameLookup& names;
    bool keep_rule_places = false; ///< see LoadOptions
};

/// @return false if a value was bad, having added its diagnostic: the service is dropped
/// (in `defaults`: the load is refused).
using Setter = bool (*)(ServiceDraft& draft, const RawAttribute& attribute, SetterContext& context);

struct Row {
    std::string_view name;
    Scope scope;
    Operators operators;
    Repeat repeat;
    int word_count; ///< exact, any_count, or at_least_one
    bool extension; ///< xinetd never had it
    Setter set;
};

[[nodiscard]] std::span<const Row> attribute_table() noexcept;
/// Without regard to case. @return row number; none if there is no such attribute.
[[nodiscard]] std::optional<std::uint16_t> find_attribute(std::string_view name) noexcept;
/// The attribute whose name is closest to `name`, if close enough to be a slip; else empty.
[[nodiscard]] std::string_view suggest_attribute(std::string_view name) noexcept;

} // namespace usherd::config
