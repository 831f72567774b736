// SPDX-License-Identifier: BSD-2-Clause
//
// What a front end makes of a text: sections of attributes of words, all with their places. It
// knows grammar and no attribute names (but for `disable`, after which xinetd reads no further).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config-parser/diagnostic.h"
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
    /// What ended the entry early. The attributes before it are here to be checked; a service is
    /// lost, `defaults` keep what was read.
    std::optional<Diagnostic> grammar_error;
    /// An entry of inetd.conf: its server is not looked at before it is started, and neither the
    /// address lists nor the banners of `defaults` are for it. So it is with xinetd.
    bool from_inetd = false;
};

struct RawInclude {
    enum class Kind : std::uint8_t { file, directory };
    Kind kind = Kind::file;
    Word path;
};

/// A service whose entry was skipped while recovering from a grammar error before it.
struct LostService {
    std::string id; ///< its name where it says none
    std::string name;
    SourceLocation location;
};

/// What one text holds, in file order; grammar errors outside sections stand where they were found.
struct RawDocument {
    std::vector<std::variant<RawSection, RawInclude, LostService, Diagnostic>> items;
    bool clean = true; ///< no grammar errors
};

} // namespace usherd::config
