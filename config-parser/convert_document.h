// SPDX-License-Identifier: BSD-2-Clause
//
// What a conversion has in its hands between reading and writing: sections with the comments that
// stand before their lines. Private to the conversion.

#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config-parser/convert.h"
#include "config-parser/raw_model.h"

namespace usherd::config {

/// A comment, without blanks around it: `# text`; or empty: a blank line among comments.
using Comments = std::vector<std::string>;

struct ConvertedSection {
    RawSection section;
    Comments before;                        ///< the section
    std::vector<Comments> before_attribute; ///< one for each attribute
    Comments at_end;                        ///< after the last attribute
};

struct ConvertedInclude {
    RawInclude include;
    Comments before;
};

struct ConvertedDocument {
    std::vector<std::variant<ConvertedSection, ConvertedInclude>> items;
    Comments at_end;
};

/// Gives each comment of `text` to what follows it. Diagnostics and lost services of the document
/// are passed over.
[[nodiscard]] ConvertedDocument attach_comments(RawDocument document, std::string_view text,
                                                Syntax from);

/// What xinetd sets for entries of inetd.conf to what a person would write: argv[0] is an argument
/// only where it differs from the server's name, NOLIBWRAP stands where tcpd asks already.
void tidy_inetd_section(RawSection& section);

/// Writes; what the syntax cannot say is told, and `disable = yes` put into its service.
[[nodiscard]] std::string write_xinetd(const ConvertedDocument& document, Diagnostics& diagnostics);
[[nodiscard]] std::string write_yaml(ConvertedDocument document, Diagnostics& diagnostics);

/// An error about a word or attribute that cannot be translated.
void not_translated(Diagnostics& diagnostics, const RawSection& section, SourceLocation where,
                    std::size_t length, std::string message);

} // namespace usherd::config
