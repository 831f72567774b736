// SPDX-License-Identifier: BSD-2-Clause
#include "config-parser/convert.h"

#include <algorithm>

#include "config-parser/convert_document.h"
#include "config-parser/drop_in_name.h"
#include "config-parser/inetd_front_end.h"
#include "config-parser/xinetd_front_end.h"
#include "config-parser/yaml_front_end.h"

namespace usherd::config {

namespace {

RawDocument read(std::string_view text, SourceId file, Syntax syntax)
{
    switch (syntax) {
    case Syntax::inetd:
        return read_inetd(text, file, InetdDialect::bsd);
    case Syntax::yaml:
        return read_yaml(text, file);
    case Syntax::xinetd:
        break;
    }
    return read_xinetd(text, file, AfterDisable::read_on);
}

/// Sections with a syntax error are told and left out: what the rest of them says is not known.
void tell(RawDocument& document, Diagnostics& diagnostics)
{
    std::erase_if(document.items, [&](auto& item) {
        if (auto* diagnostic = std::get_if<Diagnostic>(&item)) {
            if (diagnostic->severity != Severity::debug)
                diagnostics.add(std::move(*diagnostic));
            return true;
        }
        auto* section = std::get_if<RawSection>(&item);
        if (section == nullptr || !section->grammar_error)
            return false;
        diagnostics.add(*std::move(section->grammar_error));
        return true;
    });
}

} // namespace

Syntax syntax_of_name(std::string_view path) noexcept
{
    if (front_end_for_named(path) == FrontEnd::yaml)
        return Syntax::yaml;
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return name.starts_with("inetd") ? Syntax::inetd : Syntax::xinetd;
}

Conversion convert(std::string_view text, const std::string& path, Syntax from, Syntax to)
{
    Conversion result;
    result.sources = std::make_shared<Sources>();
    result.diagnostics = std::make_shared<Diagnostics>(*result.sources);
    const SourceId file = result.sources->add(path, std::make_shared<const std::string>(text));
    RawDocument document = read(text, file, from);
    tell(document, *result.diagnostics);
    if (from == Syntax::inetd)
        for (auto& item : document.items)
            if (auto* section = std::get_if<RawSection>(&item))
                tidy_inetd_section(*section);
    ConvertedDocument converted = attach_comments(std::move(document), text, from);
    result.text = to == Syntax::yaml ? write_yaml(std::move(converted), *result.diagnostics)
                                     // cppcheck-suppress accessMoved ; only one of both happens
                                     : write_xinetd(converted, *result.diagnostics);
    result.complete = result.diagnostics->errors() == 0 && result.diagnostics->warnings() == 0;
    result.sources->drop_texts();
    return result;
}

void not_translated(Diagnostics& diagnostics, const RawSection& section, SourceLocation where,
                    std::size_t length, std::string message)
{
    Diagnostic diagnostic;
    diagnostic.severity = Severity::error;
    diagnostic.effect = Effect::line_ignored;
    diagnostic.location = where;
    diagnostic.length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1));
    diagnostic.message = std::move(message);
    diagnostic.service = section.name;
    diagnostics.add(std::move(diagnostic));
}

} // namespace usherd::config
