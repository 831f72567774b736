// SPDX-License-Identifier: BSD-2-Clause
//
// What a front end makes of a text: sections of attributes of words, all with their places. It
// knows grammar and no attribute names.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "config-parser/source_location.h"

namespace usherd::config {

enum class AssignOp : std::uint8_t { set, add, remove }; // = += -=

struct Word {
    std::string text;
    SourceLocation location;
};

struct RawAttribute {
    std::string name; ///< as written
    AssignOp op = AssignOp::set;
    std::vector<Word> words;
    SourceLocation location;    ///< of the name
    SourceLocation op_location; ///< of the operator
};

struct RawSection {
    enum class Kind : std::uint8_t { defaults, service };
    Kind kind = Kind::service;
    std::string name; ///< of the service; empty for defaults
    SourceLocation location;
    std::vector<RawAttribute> attributes;
};

struct RawInclude {
    enum class Kind : std::uint8_t { file, directory };
    Kind kind = Kind::file;
    Word path;
};

/// Sections and includes of one text, in file order. `clean` is false if some entry was lost to a
/// grammar error (each has its diagnostic).
struct RawDocument {
    std::vector<std::variant<RawSection, RawInclude>> items;
    bool clean = true;
    /// Names of services whose entry was lost to a grammar error, where a name was read: a reload
    /// keeps their last good version.
    std::vector<std::string> lost_services;
};

} // namespace usherd::config
